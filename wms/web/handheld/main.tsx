import { render } from "preact";
import "../shared/tokens.css";
import { SignIn } from "../shared/SignIn";
import { session } from "../shared/session";
import "./handheld.css";
import { ScanScreen } from "./ScanScreen";

function App() {
  return session.value === null ? <SignIn /> : <ScanScreen />;
}

render(<App />, document.getElementById("app") as HTMLElement);
