import type { Clock } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { AssumeWord } from '../core/steps.ts';
import type { ActPrompt, ActRequest, Operator, Question } from '../../flows/flow.ts';
import type { PromptView } from './view.ts';

/** Without a screen an act on the practice bench has just been performed: the unit answers within this, or never. */
const PERFORMED_ACT_LIMIT_MS = 6_000;

/** The hands of the practice bench take a moment, as a person's do: the step must be listening by then. */
const HANDS_DELAY_MS = 250;

/** What a slot lends the desk: where its prompt is shown, and the hands of the practice bench if it has any. */
export interface PromptHost {
  show(prompt: PromptView | undefined): void;
  /** Does the act on a virtual unit; undefined on a real link. */
  readonly hands: ((request: ActRequest) => Promise<void>) | undefined;
  log(text: string): void;
}

interface OpenPrompt {
  readonly answer?: (value: string) => void;
  readonly perform?: () => Promise<void>;
}

/**
 * Everything that waits for a person, over all batches. An act is answered by the device alone; a question by the
 * person, once for all slots of the batch that ask the same.
 */
export class PromptDesk {
  readonly #clock: Clock;
  readonly #interactive: boolean;
  readonly #open = new Map<string, OpenPrompt>();
  readonly #asked = new Map<string, { readonly view: PromptView; readonly answer: Promise<string> }>();
  #lastId = 0;

  constructor(clock: Clock, interactive: boolean) {
    this.#clock = clock;
    this.#interactive = interactive;
  }

  answer(promptId: string, value: string): void {
    this.#open.get(promptId)?.answer?.(value);
  }

  perform(promptId: string): void {
    void this.#open.get(promptId)?.perform?.();
  }

  /** The operator as the steps of one run see them. */
  operatorFor(
    batchId: string,
    assume: ReadonlySet<AssumeWord>,
    host: PromptHost,
    signal: AbortSignal,
  ): Operator {
    return {
      act: (request) => this.#act(request, assume, host),
      ask: (question) => this.#ask(batchId, question, assume, host, signal),
    };
  }

  #act(request: ActRequest, assume: ReadonlySet<AssumeWord>, host: PromptHost): ActPrompt {
    if (!this.#interactive && !assume.has('wired')) {
      throw new BenchError('OPERATOR_NEEDED', {
        message: `Someone has to: ${request.title}.`,
        advice: 'Run again with --assume wired and do it while the run waits, or use the full-screen bench.',
      });
    }
    const id = this.#newId();
    const performNow = host.hands !== undefined && assume.has('wired');
    let view: PromptView = {
      id,
      kind: 'act',
      text: request.title,
      ...(request.wiringPage !== undefined && { wiringPage: request.wiringPage }),
      askedAt: this.#clock.now(),
      canPerform: host.hands !== undefined && !performNow,
    };
    const perform = async () => {
      try {
        await host.hands?.(request);
      } catch (error) {
        host.log(error instanceof Error ? error.message : String(error));
      }
    };
    if (performNow) {
      host.log(`practice bench: ${request.title}`);
      this.#clock.after(HANDS_DELAY_MS, () => void perform());
    } else {
      if (view.canPerform) this.#open.set(id, { perform });
      host.show(view);
    }
    return {
      limitMs: performNow && !this.#interactive ? PERFORMED_ACT_LIMIT_MS : undefined,
      update: (finding, countdown) => {
        const isSameMoment =
          view.countdown?.word === countdown?.word && view.countdown?.secondsLeft === countdown?.secondsLeft;
        if (view.finding === finding && isSameMoment) return;
        const { countdown: _before, ...rest } = view;
        view = { ...rest, finding, ...(countdown && { countdown }) };
        if (!performNow) host.show(view);
      },
      done: (releaseText) => {
        this.#open.delete(id);
        host.show(undefined);
        host.log(releaseText);
      },
    };
  }

  async #ask(
    batchId: string,
    question: Question,
    assume: ReadonlySet<AssumeWord>,
    host: PromptHost,
    signal: AbortSignal,
  ): Promise<string> {
    const act = async () => {
      if (question.act === undefined || host.hands === undefined) return;
      host.log(`practice bench: ${question.text}`);
      await host.hands({ act: question.act, title: question.text });
    };
    if (question.assume && question.assumed !== undefined && assume.has(question.assume)) {
      await act();
      return question.assumed;
    }
    if (!this.#interactive) {
      throw new BenchError('OPERATOR_NEEDED', {
        message: question.text,
        advice: question.assume
          ? `Run again with --assume ${question.assume} to accept, or in the full-screen bench.`
          : 'Run it in the full-screen bench.',
      });
    }
    const key = `${batchId}/${question.id}`;
    const asked = this.#asked.get(key) ?? this.#newQuestion(key, question);
    host.show(asked.view);
    try {
      const value = await new Promise<string>((resolve, reject) => {
        const onAbort = () => reject(signal.reason as Error);
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        void asked.answer.then((value) => {
          signal.removeEventListener('abort', onAbort);
          resolve(value);
        });
      });
      await act();
      return value;
    } finally {
      host.show(undefined);
    }
  }

  #newQuestion(key: string, question: Question) {
    const id = this.#newId();
    let resolve!: (value: string) => void;
    const promise = new Promise<string>((settle) => (resolve = settle));
    const entry = {
      view: {
        id,
        kind: 'question',
        text: question.text,
        choices: question.choices,
        ...(question.typed !== undefined && { typed: question.typed, typedFor: question.typed }),
        askedAt: this.#clock.now(),
        canPerform: false,
      } satisfies PromptView,
      answer: promise,
    };
    this.#asked.set(key, entry);
    this.#open.set(id, {
      answer: (value) => {
        this.#open.delete(id);
        resolve(value);
      },
    });
    return entry;
  }

  #newId(): string {
    this.#lastId += 1;
    return `q${this.#lastId}`;
  }
}
