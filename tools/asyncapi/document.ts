import { format } from 'prettier';
import { loadDeclarations } from '#declarations';
import { asyncApiDocument } from '../../apps/api/src/asyncapi/document.ts';

/** The AsyncAPI document of the shipped declarations, as text. */
export async function generateDocument(): Promise<string> {
  const document = asyncApiDocument(loadDeclarations({}));
  return format(JSON.stringify(document), { parser: 'json', printWidth: 110 });
}
