import { render } from 'preact';
import '../ui/tokens.css';
import './host.css';
import type { KeyMessages } from '../text';
import { ElementApp } from './element-app';
import { type GetToken, HostToken } from './host-token';
import { type Overrides, textsWith } from './overrides';

// The build puts the style sheet here.
const CSS = '__KEYWARD_ELEMENT_CSS__';

const FEATURES = 'create,edit,rotate,revoke,usage';

let sheet: CSSStyleSheet | undefined;

/** Returns the style sheet, which all elements of the page share. A constructed sheet needs no permission of the page's policy. */
function sharedSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}

/** `<keyward-keys endpoint="https://keys.example.com/graphql">`: API keys within the page of a product. */
class KeywardKeys extends HTMLElement {
  static readonly observedAttributes = ['endpoint', 'features'];

  /** Returns an access token. Without it the endpoint must know the user itself. */
  getToken: GetToken | undefined;
  /** Returns a text to copy in which `{key}` stands for the new key. The page is not given the key itself. */
  snippet: ((keyPrefix: string) => string) | undefined;
  #messages: Overrides<KeyMessages> = {};
  #text: KeyMessages = textsWith({});
  /** Where the element is rendered; undefined while it is not in a document. */
  #root: ShadowRoot | undefined;

  get messages(): Overrides<KeyMessages> {
    return this.#messages;
  }

  /** Texts that replace those of the element. */
  set messages(messages: Overrides<KeyMessages>) {
    // A framework can set a property to undefined.
    this.#messages = messages ?? {};
    this.#text = textsWith(this.#messages);
    this.#render();
  }

  connectedCallback(): void {
    for (const property of ['getToken', 'snippet', 'messages'] as const) this.#adopt(property);
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [sharedSheet()];
    this.#root = shadow;
    this.#render();
  }

  disconnectedCallback(): void {
    if (this.#root) render(null, this.#root);
    this.#root = undefined;
  }

  attributeChangedCallback(): void {
    this.#render();
  }

  /** A property that the page set before this class was defined hides the accessor of the class. */
  #adopt(property: 'getToken' | 'snippet' | 'messages'): void {
    if (!Object.hasOwn(this, property)) return;
    const value = this[property];
    delete this[property];
    Object.assign(this, { [property]: value });
  }

  #render(): void {
    if (!this.#root) return;
    const features = (this.getAttribute('features') ?? FEATURES).split(/[\s,]+/).filter(Boolean);
    render(
      <ElementApp
        key={`${this.getAttribute('endpoint')}`}
        endpoint={this.getAttribute('endpoint') ?? '/graphql'}
        features={features.join(',')}
        text={this.#text}
        createToken={() => new HostToken(() => this.getToken)}
        snippet={(keyPrefix) => this.snippet?.(keyPrefix)}
        onEvent={(name, detail) => this.dispatchEvent(new CustomEvent(`keyward-${name}`, { detail, bubbles: true, composed: true }))}
      />,
      this.#root,
    );
  }
}

if (!customElements.get('keyward-keys')) customElements.define('keyward-keys', KeywardKeys);
