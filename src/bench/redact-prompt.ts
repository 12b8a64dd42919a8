import type { Redactor } from '../records/redact.ts';
import type { PromptView } from './view.ts';

/** What is asked, as it may be shown. What an answer sends back stays as it is. */
export function redactPrompt(prompt: PromptView, redact: Redactor): PromptView {
  const { finding, choices } = prompt;
  return {
    ...prompt,
    text: redact(prompt.text),
    ...(finding !== undefined && { finding: redact(finding) }),
    ...(choices && { choices: choices.map((choice) => ({ ...choice, title: redact(choice.title) })) }),
  };
}
