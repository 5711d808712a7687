export const ALL_STREAM = '$all';
export const METADATA_TYPE = '$metadata';
export const LINK_TYPE = '$>';

export const isMetastream = (name: string): boolean => name.startsWith('$$');
export const metastreamOf = (name: string): string => `$$${name}`;
export const originalStreamOf = (metastream: string): string => metastream.slice(2);
export const isSystemStream = (name: string): boolean => name.startsWith('$');
export const isInvalidStream = (name: string): boolean => name === '' || name === '$$';
