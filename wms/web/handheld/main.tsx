import { render } from "preact";
import "../shared/tokens.css";
import { startWords } from "../shared/i18n";
import { SignIn } from "../shared/SignIn";
import { session } from "../shared/session";
import "./handheld.css";
import { ScanScreen } from "./ScanScreen";

function App() {
  return session.value === null ? <SignIn /> : <ScanScreen />;
}

await startWords();
render(<App />, document.getElementById("app") as HTMLElement);
