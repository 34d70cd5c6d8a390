// A piece of work as a table of states: what a state asks for, what it shows, what a scan means in it and what comes next.
import type { Key } from "../../shared/i18n";
import type { Feeling } from "../feedback";

export interface Fact {
  readonly name: Key;
  readonly value: string;
}

export interface Told {
  readonly key: Key;
  readonly params: Record<string, unknown>;
}

/** `wrong`: nothing happened; the reason is shown and the state stays. */
export type Next<C> = { readonly go: string; readonly with: C; readonly feeling: Feeling; readonly last?: Told } | { readonly wrong: unknown };

/** `label`: words, or a key of words. */
export interface Choice<C> {
  readonly label: string;
  readonly then: () => Next<C> | Promise<Next<C>>;
}

export interface State<C> {
  readonly ask: Key;
  readonly show: (context: C) => { readonly big: string; readonly facts: readonly Fact[] };
  readonly scan: (context: C, code: string) => Promise<Next<C>>;
  /** Where a scan alone cannot tell. */
  readonly choices?: (context: C) => readonly Choice<C>[];
  /** A number may be set by a pad; it says what the number will be, not what is added. */
  readonly quantity?: (context: C) => { readonly value: number; readonly most: number; readonly set: (value: number) => C };
}

export interface Flow<C> {
  readonly name: Key;
  readonly right: string;
  readonly first: string;
  readonly begin: C;
  readonly states: Readonly<Record<string, State<C>>>;
}

/** A reason of the screen itself, in the same shape as the server's. */
export class Slip extends Error {
  constructor(readonly told: Told) {
    super(told.key);
  }
}

export const slip = (key: Key, params: Record<string, unknown> = {}): { readonly wrong: Slip } => ({ wrong: new Slip({ key, params }) });
