/** A measured value and its target. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly target: string;
  readonly ok: boolean;
}

export const atLeast = (name: string, value: number, min: number, digits = 2): Figure => ({
  name,
  value: value.toFixed(digits),
  target: `>= ${min}`,
  ok: value >= min,
});

export const atMost = (name: string, value: number, max: number, unit = '', digits = 0): Figure => ({
  name,
  value: `${value.toFixed(digits)}${unit}`,
  target: `< ${max}${unit}`,
  ok: value < max,
});

export const exactly = (name: string, value: number, wanted: number): Figure => ({
  name,
  value: String(value),
  target: `= ${wanted}`,
  ok: value === wanted,
});

/** A value without a target, for context. */
export const measured = (name: string, value: string): Figure => ({ name, value, target: '', ok: true });

export const formatFigures = (figures: readonly Figure[]): string => {
  const width = (column: 'name' | 'value' | 'target') =>
    Math.max(...figures.map((figure) => figure[column].length));
  const [names, values, targets] = [width('name'), width('value'), width('target')];
  return figures
    .map(({ name, value, target, ok }) => {
      const verdict = target === '' ? '' : ok ? 'ok' : 'MISSED';
      return `${name.padEnd(names)}  ${value.padStart(values)}  ${target.padEnd(targets)}  ${verdict}`.trimEnd();
    })
    .join('\n');
};
