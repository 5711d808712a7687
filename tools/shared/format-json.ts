import { format } from 'oxfmt';

/** A value as JSON, formatted as the files of this project are. */
export async function formatJson(value: unknown): Promise<string> {
  return (await format('document.json', JSON.stringify(value), { printWidth: 110 })).code;
}
