/** Returns the innermost document or shadow root that has the focus. */
function focusedRoot(): Document | ShadowRoot {
  let root: Document | ShadowRoot = document;
  while (root.activeElement?.shadowRoot) root = root.activeElement.shadowRoot;
  return root;
}

/** Moves the focus to the first invalid field of the open dialog or of the page, after the errors have been rendered. */
export function focusFirstInvalid(): void {
  requestAnimationFrame(() => {
    const root = focusedRoot();
    const dialogs = root.querySelectorAll<HTMLElement>('dialog[open]');
    const scope: ParentNode = dialogs[dialogs.length - 1] ?? root;
    const invalid = scope.querySelector<HTMLElement>('[aria-invalid="true"]');
    const target = invalid?.matches('fieldset') ? invalid.querySelector('input') : invalid;
    target?.focus();
  });
}
