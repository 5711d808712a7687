/** A measured value and its target. */
export interface Measurement {
  readonly name: string;
  readonly value: string;
  readonly target: string;
  readonly ok: boolean;
}

export const atLeast = (name: string, value: number, min: number, digits = 2): Measurement => ({
  name,
  value: value.toFixed(digits),
  target: `>= ${min}`,
  ok: value >= min,
});

export const atMost = (name: string, value: number, max: number, unit = '', digits = 0): Measurement => ({
  name,
  value: `${value.toFixed(digits)}${unit}`,
  target: `< ${max}${unit}`,
  ok: value < max,
});

export const exactly = (name: string, value: number, wanted: number): Measurement => ({
  name,
  value: String(value),
  target: `= ${wanted}`,
  ok: value === wanted,
});

/** A value without a target, for context. */
export const measured = (name: string, value: string): Measurement => ({ name, value, target: '', ok: true });

export const formatMeasurements = (measurements: readonly Measurement[]): string => {
  const width = (column: 'name' | 'value' | 'target') =>
    Math.max(...measurements.map((measurement) => measurement[column].length));
  const [names, values, targets] = [width('name'), width('value'), width('target')];
  return measurements
    .map(({ name, value, target, ok }) => {
      const verdict = target === '' ? '' : ok ? 'ok' : 'MISSED';
      return `${name.padEnd(names)}  ${value.padStart(values)}  ${target.padEnd(targets)}  ${verdict}`.trimEnd();
    })
    .join('\n');
};
