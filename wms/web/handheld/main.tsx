import { render } from "preact";
import "../shared/tokens.css";
import { startWords } from "../shared/i18n";
import { SignIn } from "../shared/SignIn";
import { session } from "../shared/session";
import "./handheld.css";
import { FlowScreen } from "./flows/FlowScreen";
import { startQueue } from "./queue";
import { ScanScreen } from "./ScanScreen";
import { FLOWS, work } from "./work";

function App() {
  if (session.value === null) return <SignIn />;
  if (work.value === "parcels") return <ScanScreen />;
  return work.value === "move" ? <FlowScreen key="move" flow={FLOWS.move} /> : <FlowScreen key="pick" flow={FLOWS.pick} />;
}

await startWords();
await startQueue();
render(<App />, document.getElementById("app") as HTMLElement);
