import type { Expected, Sample } from './corpus/corpus.ts';
import { corpus } from './corpus/corpus.ts';
import { personalTypes } from './found.ts';
import { recognise } from './recognise.ts';

/** How well the values of a type are recognised. */
interface Figure {
  readonly type: string;
  /** Values of the type in the corpus. */
  readonly values: number;
  readonly recall: number;
  readonly precision: number;
}

/** A text with a missed value or a false match. */
interface Mistake {
  readonly text: string;
  readonly missed: readonly Expected[];
  readonly wrong: readonly Expected[];
}

/** Recall and precision by type over a half of the corpus, with the texts that failed. */
export function recognitionFigures(
  half: 'blind' | 'seen',
  count = 100,
): { figures: Figure[]; mistakes: Mistake[] } {
  const judged = corpus(half, count).map((sample) => ({ sample, ...judge(sample) }));
  const figures = personalTypes.map((type) => {
    const of = (list: readonly Expected[]): number => list.filter((item) => item.type === type).length;
    const sum = (pick: (item: (typeof judged)[number]) => readonly Expected[]): number =>
      judged.reduce((total, item) => total + of(pick(item)), 0);
    const values = sum(({ sample }) => sample.expected);
    const right = values - sum(({ missed }) => missed);
    return { type, values, recall: right / values, precision: right / (right + sum(({ wrong }) => wrong)) };
  });
  const mistakes = judged.filter(({ missed, wrong }) => missed.length + wrong.length > 0);
  return {
    figures,
    mistakes: mistakes.map(({ sample: { text }, missed, wrong }) => ({ text, missed, wrong })),
  };
}

function judge({ text, expected }: Sample): Omit<Mistake, 'text'> {
  const rest = recognise(text).map(({ type, value }): Expected => ({ type, value }));
  const missed = expected.filter((item) => {
    const index = rest.findIndex(({ type, value }) => type === item.type && value === item.value);
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
  return { missed, wrong: rest };
}
