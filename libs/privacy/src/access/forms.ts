/** Why personal data is accessed: a name or a number of another system, not a text. It stays in the access log. */
export const purposePattern = /^[a-z0-9_.:-]{3,64}$/;
export const purposeForm = 'must be 3 to 64 of a to z, digits and _ . : -';

/** A name given by another system: of a subject, a token, an instance, a request. */
export const visiblePattern = /^[\x21-\x7e]{1,128}$/;
export const visibleForm = 'must be 1 to 128 visible ASCII characters without spaces';
