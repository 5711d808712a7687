import { loadDeclarations } from '#declarations';
import { asyncApiDocument } from '../../apps/api/src/asyncapi/document.ts';
import { formatJson } from '../shared/format-json.ts';

/** The AsyncAPI document of the shipped declarations, as text. */
export async function generateDocument(): Promise<string> {
  const document = asyncApiDocument(loadDeclarations({}));
  return formatJson(document);
}
