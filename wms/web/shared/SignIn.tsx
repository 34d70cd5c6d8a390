import { useSignal } from "@preact/signals";
import { explain, signIn } from "./api";
import { LanguagePicker } from "./LanguagePicker";
import { t } from "./i18n";

/** Name and password; the reason of a refusal stays readable above the button. */
export function SignIn() {
  const name = useSignal("");
  const password = useSignal("");
  const problem = useSignal("");
  const busy = useSignal(false);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    busy.value = true;
    problem.value = "";
    try {
      await signIn(name.value.trim(), password.value);
    } catch (error) {
      problem.value = explain(error);
    } finally {
      busy.value = false;
    }
  }

  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>Kouan 口岸</h1>
        <label class="field">
          {t("sign_in.name")}
          <input value={name} onInput={(e) => (name.value = e.currentTarget.value)} autocomplete="username" autofocus required />
        </label>
        <label class="field">
          {t("sign_in.password")}
          <input type="password" value={password} onInput={(e) => (password.value = e.currentTarget.value)} autocomplete="current-password" required />
        </label>
        {problem.value && <div class="problem" role="alert">{problem}</div>}
        <button class="button main" disabled={busy}>{t("sign_in.submit")}</button>
        <LanguagePicker />
      </form>
    </main>
  );
}
