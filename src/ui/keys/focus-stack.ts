import type { InputEvent } from './key-reader.ts';

/** Higher layers hear first. */
export const LAYERS = { global: 0, screen: 1, input: 2, dialog: 3 } as const;

export interface Layer {
  readonly priority: number;
  /** True while letters are text, not keys. */
  wantsText(): boolean;
  /** True when the event is used up. */
  handle(event: InputEvent): boolean;
}

/** One reader, many listeners: an event goes from the topmost layer down until one uses it. */
export class FocusStack {
  #layers: Layer[] = [];

  push(layer: Layer): () => void {
    // A layer that came later stands above its equals.
    const index = this.#layers.findIndex(({ priority }) => priority <= layer.priority);
    this.#layers.splice(index < 0 ? this.#layers.length : index, 0, layer);
    return () => {
      this.#layers = this.#layers.filter((other) => other !== layer);
    };
  }

  dispatch(event: InputEvent): void {
    for (const layer of [...this.#layers]) if (layer.handle(event)) return;
  }

  wantsText = (): boolean => this.#layers[0]?.wantsText() ?? false;
}
