export { Declarations } from './declarations.ts';
export type { DeclaredTopic, DeclaredType, Mapping, Place } from './declarations.ts';
export { DeclarationsModule } from './declarations.module.ts';
export { declared, loadDeclarations, parseDeclarations } from './load.ts';
