import { render } from "preact";
import "../shared/tokens.css";
import { startWords } from "../shared/i18n";
import { SignIn } from "../shared/SignIn";
import { session } from "../shared/session";
import { Shell } from "./Shell";
import "./console.css";

function App() {
  return session.value === null ? <SignIn /> : <Shell />;
}

await startWords();
render(<App />, document.getElementById("app") as HTMLElement);
