import type { ScreenName } from '../keys/key-table.ts';

export type Route =
  | { readonly name: 'start' | 'new' | 'bench' | 'adapters' | 'settings' }
  | { readonly name: 'device' | 'log'; readonly slotId: string }
  | { readonly name: 'results'; readonly batchId: string }
  | { readonly name: 'unit'; readonly query: string }
  | { readonly name: 'help'; readonly of: ScreenName };

/** A question of the program itself, at the bottom of the screen; takes all keys until it is answered. */
export type Dialog = ConfirmDialog | InputDialog;

export interface ConfirmDialog {
  readonly kind: 'confirm';
  readonly title: string;
  readonly lines: readonly string[];
  /** What `y` (or the typed word) does: `stop and quit`. */
  readonly yes: string;
  /** Must be typed instead of `y`. */
  readonly typed?: string;
  readonly run: () => void;
}

export interface InputDialog {
  readonly kind: 'input';
  readonly title: string;
  readonly hint?: string;
  readonly value: string;
  readonly secret?: boolean;
  /** What is wrong with `value` as it is. */
  readonly problem?: string | undefined;
  /** Why this cannot be taken; shown in place, what was typed stays. */
  readonly check?: (text: string) => string | undefined;
  /** Called while typing, for filters. */
  readonly change?: (text: string) => void;
  /** Called when Esc gives it up. */
  readonly giveUp?: () => void;
  readonly run: (text: string) => void;
}

export interface Toast {
  readonly text: string;
  readonly tone: 'plain' | 'warning';
}

export interface ScreenState {
  /** The last one is on the screen. Never empty. */
  readonly routes: readonly Route[];
  readonly dialog: Dialog | undefined;
  readonly toast: Toast | undefined;
  /** Set while the program stops: every place goes to its safe point. */
  readonly stopping: boolean;
  /** What screens keep while others are on top of them: cursor, filter, a half-filled form. */
  readonly memory: ReadonlyMap<string, unknown>;
}

export class ScreenStore {
  readonly #listeners = new Set<() => void>();
  #state: ScreenState;

  constructor(first: readonly Route[]) {
    this.#state = { routes: first, dialog: undefined, toast: undefined, stopping: false, memory: new Map() };
  }

  get = (): ScreenState => this.#state;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get route(): Route {
    return this.#state.routes.at(-1) ?? { name: 'start' };
  }

  push(route: Route): void {
    this.#set({ routes: [...this.#state.routes, route], toast: undefined });
  }

  /** To the screen before; at the bottom of the stack to the start screen. */
  back(): void {
    const routes = this.#state.routes.slice(0, -1);
    this.#set({ routes: routes.length === 0 ? [{ name: 'start' }] : routes, toast: undefined });
  }

  /** Drops everything above the start screen and opens `route` there. */
  reset(route: Route): void {
    this.#set({ routes: route.name === 'start' ? [route] : [{ name: 'start' }, route], toast: undefined });
  }

  ask(dialog: Dialog): void {
    this.#set({ dialog, toast: undefined });
  }

  closeDialog(): void {
    this.#set({ dialog: undefined });
  }

  say(text: string, tone: Toast['tone'] = 'plain'): void {
    this.#set({ toast: { text, tone } });
  }

  clearToast(): void {
    if (this.#state.toast !== undefined) this.#set({ toast: undefined });
  }

  setStopping(): void {
    this.#set({ stopping: true, dialog: undefined });
  }

  remember(key: string, value: unknown): void {
    this.#set({ memory: new Map(this.#state.memory).set(key, value) });
  }

  forget(key: string): void {
    const memory = new Map(this.#state.memory);
    memory.delete(key);
    this.#set({ memory });
  }

  #set(changes: Partial<ScreenState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}
