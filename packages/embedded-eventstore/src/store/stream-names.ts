export const ALL_STREAM = '$all';
export const METADATA_TYPE = '$metadata';
export const LINK_TYPE = '$>';

export const isMetastream = (name: string): boolean => name.startsWith('$$');
export const metastreamOf = (name: string): string => `$$${name}`;
export const originalStreamOf = (metastream: string): string => metastream.slice(2);
export const isSystemStream = (name: string): boolean => name.startsWith('$');
/** Limit of a stream's name and of an event type, in characters: the size of caches and filters depends on them. */
export const MAX_NAME = 4_096;
export const isInvalidStream = (name: string): boolean => {
  const original = isMetastream(name) ? originalStreamOf(name) : name;
  return original === '' || original.length > MAX_NAME;
};
