/** A session that the clients work on. When it is over, the next one of the same partner takes its place, or of another one. */
export class Slot {
  session_id = '';
  /** The highest revision that a client was told. */
  revision = -1;
  /** Under which epochs agent instances have owned the session, the latest last. */
  owners: { readonly instance: string; readonly epoch: number }[] = [];
  /** How many commands it still gets before it is ended. */
  commandsLeft = 0;
  /** Whether a client ends the session and starts the next one just now. */
  isChanging = false;
  readonly earlier: string[] = [];

  constructor(public partner_id: string) {}

  begin(session_id: string, commands: number, revision: number): void {
    if (this.session_id !== '') this.earlier.push(this.session_id);
    this.session_id = session_id;
    this.revision = revision;
    this.owners = [];
    this.commandsLeft = commands;
  }

  /** The sessions so far stay as they are; the next one is another partner's. */
  leaveTo(partner_id: string): void {
    this.earlier.push(this.session_id);
    this.session_id = '';
    this.commandsLeft = 0;
    this.partner_id = partner_id;
  }

  /** A client was told a revision of a session. */
  told(session_id: string, revision: number | undefined): void {
    if (session_id === this.session_id && revision !== undefined)
      this.revision = Math.max(this.revision, revision);
  }
}
