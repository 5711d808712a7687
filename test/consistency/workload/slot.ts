/**
 * A session that the clients use. When it is over, it is replaced by the next one of the same partner, or of another
 * one.
 */
export class Slot {
  session_id = '';
  /** The highest revision that a client was told. */
  revision = -1;
  /** The epochs and agent instances that have owned the session, latest last. */
  owners: { readonly instance: string; readonly epoch: number }[] = [];
  /** How many more commands it gets before it is ended. */
  commandsLeft = 0;
  /** Whether a client is ending the session and starting the next one. */
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

  /** The previous sessions stay as they are; the next one belongs to another partner. */
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
