/** Selects the text of a field. */
export function selectText(field: HTMLTextAreaElement): void {
  field.focus();
  field.setSelectionRange(0, field.value.length);
}

/** Copies the text of a field. Returns false if the browser does not allow it; then the text is selected. */
export async function copyField(field: HTMLTextAreaElement): Promise<boolean> {
  selectText(field);
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Pages without encryption have no clipboard, but they can copy a selection.
    return navigator.clipboard === undefined && document.execCommand('copy');
  }
}
