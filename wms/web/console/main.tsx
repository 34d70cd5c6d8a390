import { render } from "preact";
import "../shared/tokens.css";
import { SignIn } from "../shared/SignIn";
import { session } from "../shared/session";
import { Shell } from "./Shell";
import "./console.css";

function App() {
  return session.value === null ? <SignIn /> : <Shell />;
}

render(<App />, document.getElementById("app") as HTMLElement);
