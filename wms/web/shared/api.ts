// Calls to the server. Every failure is a Refused with a code to translate; a lost network is one too.
import type { components } from "./api.gen";
import { t, tCode } from "./i18n";
import { keepSession, session } from "./session";

export type Schemas = components["schemas"];

export class Refused extends Error {
  constructor(readonly code: string, readonly params: Record<string, unknown> = {}, readonly status = 0) {
    super(code);
  }
}

/** What went wrong, where, and what to do, in the reader's language. */
export function explain(error: unknown): string {
  if (!(error instanceof Refused)) return t("refusal.unexpected");
  const params = inWords(error.params);
  if (typeof params["why"] === "string") params["why"] = tCode("row", params["why"], params);
  return tCode("refusal", error.code, params);
}

/** What is wrong with a cell of a manifest. */
export const explainRow = (row: Schemas["RowProblem"]): string => tCode("row", row.code, inWords(row.params));

/** Parameters that are codes themselves, told in words too. */
function inWords(params: Record<string, unknown>): Record<string, unknown> {
  const told = { ...params };
  if (typeof told["state"] === "string") told["state"] = tCode("state", told["state"]);
  if (typeof told["column"] === "string") told["column"] = tCode("field", told["column"]);
  if (Array.isArray(told["columns"])) told["columns"] = told["columns"].map((one) => tCode("field", String(one))).join(", ");
  if (Array.isArray(told["sites"])) told["sites"] = told["sites"].join(", ");
  return told;
}

async function refusal(response: Response): Promise<Refused> {
  try {
    const body = (await response.json()) as { code?: string; params?: Record<string, unknown> };
    return new Refused(body.code ?? "unexpected", body.params ?? {}, response.status);
  } catch {
    return new Refused("unexpected", {}, response.status);
  }
}

export async function call(method: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (session.value !== null) headers.set("Authorization", `Bearer ${session.value.token}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, method, headers });
  } catch {
    throw new Refused("no_network");
  }
  if (response.ok) return response;
  const error = await refusal(response);
  if (error.code === "not_signed_in") keepSession(null);
  throw error;
}

export async function get<T>(path: string): Promise<T> {
  return (await (await call("GET", path)).json()) as T;
}

export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  const init: RequestInit = body === undefined ? { headers } : { headers, body: JSON.stringify(body) };
  const response = await call(method, path, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function signIn(name: string, password: string): Promise<void> {
  keepSession(await send<Schemas["Session"]>("POST", "/api/v1/sessions", { name, password }));
}

export async function signOut(): Promise<void> {
  await call("DELETE", "/api/v1/sessions/current").catch(() => undefined);
  keepSession(null);
}

/** Upload with progress, which fetch cannot tell. */
export function upload<T>(path: string, file: File, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    if (session.value !== null) request.setRequestHeader("Authorization", `Bearer ${session.value.token}`);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = () => reject(new Refused("no_network"));
    request.onload = () => {
      let body: Record<string, unknown> = {};
      try {
        body = JSON.parse(request.responseText) as Record<string, unknown>;
      } catch {
        // an answer that is no JSON is told as an unexpected refusal below
      }
      if (request.status < 300) return resolve(body as T);
      if (body["code"] === "not_signed_in") keepSession(null);
      reject(new Refused(String(body["code"] ?? "unexpected"), (body["params"] ?? {}) as Record<string, unknown>, request.status));
    };
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
}
