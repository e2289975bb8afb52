import { useState } from "preact/hooks";
import { RequestError } from "../../client/index.ts";
import { Button } from "../parts/button.tsx";
import { Field } from "../parts/field.tsx";
import { Failure } from "../parts/state.tsx";
import { register, signIn } from "../state/account.ts";
import { t } from "../state/language.ts";
import { Preferences } from "./preferences.tsx";

/** The page of people who are not signed in. */
export function SignIn() {
  const [registering, setRegistering] = useState(false);
  return (
    <main class="sign-in" id="main">
      <div class="sign-in-card">
        <img src="./icon.svg" width="56" height="56" alt="" />
        <h1>Parley</h1>
        <p class="muted">{t("tagline")}</p>
        {registering ? <RegisterForm /> : <SignInForm />}
        <Button
          kind="quiet"
          label={registering ? t("haveAccount") : t("noAccount")}
          onClick={() => setRegistering(!registering)}
        />
      </div>
      <Preferences />
    </main>
  );
}

function SignInForm() {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, submit } = useForm(() => signIn(name.trim(), password));
  return (
    <form onSubmit={submit}>
      <Field label={t("userName")} value={name} onInput={setName} autoComplete="username" required />
      <Field
        label={t("password")}
        type="password"
        value={password}
        onInput={setPassword}
        autoComplete="current-password"
        required
      />
      {error !== undefined && <Failure error={error} />}
      <Button kind="primary" type="submit" label={busy ? t("signingIn") : t("signIn")} disabled={busy} />
    </form>
  );
}

function RegisterForm() {
  const [form, setForm] = useState({ username: "", nickname: "", email: "", password: "", verify_code: "" });
  const set = (field: keyof typeof form) => (value: string) => setForm((old) => ({ ...old, [field]: value }));
  const { busy, error, submit } = useForm(() =>
    register({ ...form, nickname: form.nickname || form.username }),
  );
  const shown =
    error instanceof RequestError && error.status === 403 ? new Error(t("registrationClosed")) : error;
  return (
    <form onSubmit={submit}>
      <Field
        label={t("userName")}
        value={form.username}
        onInput={set("username")}
        autoComplete="username"
        required
      />
      <Field label={t("nickname")} value={form.nickname} onInput={set("nickname")} autoComplete="nickname" />
      <Field
        label={t("email")}
        type="email"
        value={form.email}
        onInput={set("email")}
        autoComplete="email"
        required
      />
      <Field
        label={t("password")}
        type="password"
        value={form.password}
        onInput={set("password")}
        autoComplete="new-password"
        hint={t("passwordHint")}
        required
      />
      <Field label={t("verifyCode")} value={form.verify_code} onInput={set("verify_code")} required />
      {shown !== undefined && <Failure error={shown} />}
      <Button kind="primary" type="submit" label={t("register")} disabled={busy} />
    </form>
  );
}

function useForm(work: () => Promise<void>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    await work().catch(setError);
    setBusy(false);
  };
  return { busy, error, submit };
}
