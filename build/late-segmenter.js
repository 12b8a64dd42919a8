import { PLAIN } from './plain-text.js';

const { Segmenter } = Intl;

/**
 * Stands for Intl.Segmenter in the bundle. Opening ICU's tables takes a good part of the time to the first frame, and
 * plain text is cut into graphemes without them.
 */
export class LateSegmenter {
  #options;
  #segmenter;

  constructor(...options) {
    this.#options = options;
  }

  segment(text) {
    if (!PLAIN.test(text)) return (this.#segmenter ??= new Segmenter(...this.#options)).segment(text);
    const segments = Array.from(text, (segment, index) => ({ segment, index, input: text }));
    return Object.assign(segments, { containing: (index = 0) => segments[index] });
  }
}
