// The intake form as agents follow it: one picture, folded from the entry that asked and the answers that came since. Pure.

import type { AskedField, Entry, FieldKindName, Why } from '@mostrador/protocol';

export interface Question {
  id: string;
  kind: FieldKindName;
  label: string;
  required: boolean;
  /** `asked`: the one that the shopper is at. */
  state: 'open' | 'asked' | 'answered' | 'skipped';
  value: string | null;
  /** What was said before it was corrected; `null` if it was not, or if it had been skipped. */
  before: string | null;
}

export interface Form {
  at: number;
  why: Why | null;
  /** The conversation waited, unseen, until the form was filled in. */
  held: boolean;
  questions: Question[];
  finished: boolean;
}

export type FormEntry = Extract<Entry, { kind: 'form' }>;
export type AnswerEntry = Extract<Entry, { kind: 'answer' }>;

/** What an answer is to whoever reads the thread: part of the form above, or something of its own. */
export type Told = 'quiet' | 'finished' | 'corrected' | 'alone';

export class Forms {
  private readonly forms: Form[] = [];

  asked(entry: FormEntry): Form {
    const form: Form = { at: entry.at, why: entry.why ?? null, held: entry.held, questions: entry.fields.map(fresh), finished: false };
    point(form);
    this.forms.push(form);
    return form;
  }

  answered({ field, value, finished }: AnswerEntry): Told {
    // The newest that asked it. None: the form lies further up than what has been loaded.
    const form = this.forms.findLast((form) => form.questions.some((question) => question.id === field));
    const question = form?.questions.find((question) => question.id === field);
    if (form === undefined || question === undefined) return 'alone';
    const was = form.finished;
    if (question.value !== null && question.value !== value) question.before = question.value;
    question.value = value;
    question.state = value === null ? 'skipped' : 'answered';
    form.finished ||= finished;
    point(form);
    return finished && !was ? 'finished' : was ? 'corrected' : 'quiet';
  }
}

const fresh = ({ id, kind, label, required }: AskedField): Question => ({ id, kind, label, required, state: 'open', value: null, before: null });

/** The first that is still open is the one that the shopper is at. */
function point(form: Form): void {
  for (const question of form.questions) if (question.state === 'asked') question.state = 'open';
  const next = form.questions.find((question) => question.state === 'open');
  if (next !== undefined && !form.finished) next.state = 'asked';
}

export const given = (form: Form): number => form.questions.filter((question) => question.state === 'answered').length;
