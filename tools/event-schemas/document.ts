import { join } from 'node:path';
import { format } from 'prettier';
import ts from 'typescript';
import { currentVersion, upcasters } from '../../libs/sessions/src/upcasters.ts';
import { root } from '../shared/paths.ts';
import type { Schema } from './schema-of-type.ts';
import { schemaOfType } from './schema-of-type.ts';

const domain = join(root, 'libs/domain/src/index.ts');
const unions = new Set(['AccessEvent', 'SessionEvent', 'PartnerEvent']);

/** JSON Schema and version of the data of every event that Turnstream stores, by type, as text. */
export async function generateDocument(): Promise<string> {
  const program = ts.createProgram([domain], {
    strict: true,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(domain);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module ? checker.getExportsOfModule(module) : [];
  const events = exported
    .filter(({ name }) => unions.has(name))
    .flatMap((symbol) => {
      const type = checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(symbol));
      return type.isUnion() ? type.types : [type];
    })
    .map((type) => schemaOfType(checker, type)['properties'] as Readonly<Record<string, Schema>>)
    .map(({ type, data }): [string, object] => {
      const name = String(type?.['const']);
      return [name, { version: currentVersion(upcasters, name), data }];
    })
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return format(JSON.stringify(Object.fromEntries(events)), { parser: 'json', printWidth: 110 });
}
