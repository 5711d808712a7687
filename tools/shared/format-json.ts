import { format } from 'oxfmt';

/** A value as JSON, formatted like the files of this project. */
export async function formatJson(value: unknown): Promise<string> {
  return (await format('document.json', JSON.stringify(value), { printWidth: 110 })).code;
}
