import { randomUUID } from 'node:crypto';
import { authorization } from '../../../tools/shared/token.ts';

/** The api's answers for a partner's tokens of phones and cards in a text. */
export async function detokenise(api: string, partnerId: string, text: string): Promise<string> {
  const tokens = [...new Set(text.match(/tok_(phone|card)_[a-p]{24}_\d{4}/g))];
  const response = await fetch(`${api}/v1/partners/${partnerId}/detokenise`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify({ tokens, purpose: `canary:${randomUUID()}` }),
  });
  if (!response.ok) throw new Error(`The tokens were answered with ${response.status}.`);
  const { values } = (await response.json()) as { values: readonly { readonly value: string }[] };
  return values.map(({ value }) => value).join('\n');
}
