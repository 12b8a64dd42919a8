import { PLAIN } from './plain-text.js';

/** Stands for string-width in the bundle: its table of emoji is built when the first text comes that is not plain. */
export default (text, options) =>
  options === undefined && typeof text === 'string' && PLAIN.test(text)
    ? text.length
    : require('string-width').default(text, options);
