import { readFileSync } from 'node:fs';
import { EnvironmentError } from './errors.ts';

/** TLS as Node's `tls.connect` takes it; certificates and key are PEM texts. */
export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** The variables of one kind, including certificates in files. No error contains a secret. */
export class Given<Variables extends { readonly [name in keyof Variables]: string }> {
  constructor(
    readonly variables: Variables,
    private readonly examples: { readonly [name in keyof Variables]?: string },
  ) {}

  /** The first set variable with this prefix. */
  firstSet(beginning: string): string | undefined {
    const names = Object.keys(this.variables) as (keyof Variables & string)[];
    return names.find((name) => name.startsWith(beginning) && this.variables[name] !== '');
  }

  /** TLS from `<prefix>_CA_FILE`, `_CERT_FILE`, `_KEY_FILE` and `_SERVERNAME`. */
  tls(prefix: string): Tls {
    const name = (part: string): keyof Variables & string => `${prefix}_${part}` as keyof Variables & string;
    const [ca, cert, key] = [name('CA_FILE'), name('CERT_FILE'), name('KEY_FILE')];
    const isSet = (variable: keyof Variables): boolean => this.variables[variable] !== '';
    if (isSet(cert) && !isSet(key)) this.refuse(key, `is missing: ${cert} is set`);
    if (isSet(key) && !isSet(cert)) this.refuse(cert, `is missing: ${key} is set`);
    const servername = this.variables[name('SERVERNAME')];
    return {
      ...(isSet(ca) && { ca: this.file(ca) }),
      ...(isSet(cert) && { cert: this.file(cert), key: this.file(key) }),
      ...(servername !== '' && { servername }),
    };
  }

  /** @throws EnvironmentError */
  refuse(variable: keyof Variables & string, message: string): never {
    throw new EnvironmentError([{ variable, message, example: this.examples[variable] ?? 'secret' }]);
  }

  private file(name: keyof Variables & string): string {
    try {
      return readFileSync(this.variables[name], 'utf8');
    } catch (error) {
      return this.refuse(name, `names a file that cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
}
