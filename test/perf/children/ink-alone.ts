import { render, Text } from 'ink';
import { createElement } from 'react';

// What Ink, React and Yoga take by themselves: one word, nothing else loaded.
render(createElement(Text, null, 'ink alone'));
