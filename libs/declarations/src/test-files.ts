/** A file with one topic, whose one type has these lines. */
export const withType = (...lines: string[]): string =>
  [
    'version: 1',
    'channels: [whatsapp]',
    'topics:',
    '  a.events:',
    '    system: a',
    '    types:',
    '      a.b.v1:',
  ]
    .concat(
      ['        kind: b'],
      lines.map((line) => `        ${line}`),
    )
    .join('\n');
