import type { Plugin } from 'vite';

const LIFECYCLE = [
  'componentWillMount',
  'componentDidMount',
  'componentWillReceiveProps',
  'componentWillUpdate',
  'getSnapshotBeforeUpdate',
  'componentDidUpdate',
  'componentDidCatch',
  'getDerivedStateFromProps',
  'getDerivedStateFromError',
  'contextType',
];

/** What the console uses nothing of, and the code of Preact for it, with what takes its place. */
const UNUSED: Record<string, readonly [code: string | RegExp, replacement: string][]> = {
  'components that are classes': [
    [new RegExp(`\\b\\w+\\.(?:${LIFECYCLE.join('|')})\\b(?!=[^=])`, 'g'), '(void 0)'],
    ['C=(s=V.prototype)&&s.render,', ''],
    ['C?r.__c=d=new V(M,L):', ''],
    [/\bC&&(?=\(d\.__s|!\(void 0\)|\(void 0\))/g, '!1&&'],
    ['C&&(y.push.apply(d.__h,d.__k),d.__k=[]),', ''],
    ['q=C?25:0', 'q=0'],
    ['C&&u.__c&&', '!1&&'],
  ],
  'HTML as text, which its policy forbids': [
    ['"dangerouslySetInnerHTML"==s?y=k:', ''],
    ['"dangerouslySetInnerHTML"==s?h=k:', ''],
    ['h?(l||y&&', '!1?(l||y&&'],
    ['y&&(t.textContent=""),', ''],
  ],
  'promises of Suspense, and pages that a server rendered': [
    [/t&&t\.then/g, '!1'],
    ['128&u.__u&&(', '!1&&('],
    ['(i=i.__z)&&', '!1&&'],
    ['i?null:r.firstChild?d.call(r.childNodes):null', 'null'],
    [',o)for(s=0;s<o.length;s++)if((k=o[s])&&(C?k.localName==C:3==k.nodeType)){t=k,o[s]=null;break}if(!t)', ');if(!t)'],
    ['o="textarea"==C&&null!=x.defaultValue?null:o&&d.call(a.childNodes)', 'o=null'],
    ['&&!t.data.startsWith("$s")', ''],
    [',!l&&o)for($={},s=0;s<t.attributes.length;s++)$[(k=t.attributes[s]).name]=k.value;', ');'],
  ],
  portals: [
    [/\w+\.props\.__P\b/g, '(void 0)'],
    [/\bM\.__P\b/g, '(void 0)'],
  ],
  'values at first, which a field has beside its value': [['||"value"==s&&"defaultValue"in x||"checked"==s&&"defaultChecked"in x', '']],
  'elements and attributes: templates, formulas, HTML and links within drawings, popovers': [
    ['a="template"==C&&t.content||t,', 'a=t,'],
    ['"foreignObject"==C||', ''],
    ['&&"popover"!=t', ''],
    ['"popover"==t&&1==r?"":r', 'r'],
    ['"math"==C?f="http://www.w3.org/1998/Math/MathML":', ''],
    ['("http://www.w3.org/1998/Math/MathML"==f&&v.test(C))&&(f="http://www.w3.org/1999/xhtml"),', ''],
    ['.replace(/xlink(H|:h)/,"h")', ''],
  ],
  'listeners of the capture phase': [['f=t!=(t=t.replace(l,"$1")),', '']],
};

/** Leaves out the parts of Preact that the console does not use. Fails for a version of Preact in which they are written otherwise. */
export const slimPreact = (): Plugin => ({
  name: 'keyward-preact',
  transform: {
    filter: { id: /\/preact\/dist\/preact\.mjs$/ },
    handler: (code) => {
      let slim = code;
      for (const [part, cuts] of Object.entries(UNUSED)) {
        for (const [from, to] of cuts) {
          const next = slim.replace(from, () => to);
          if (next === slim)
            throw new Error(`This version of Preact has other code for ${part}. Adapt ${from} in console/build/preact.ts.`);
          slim = next;
        }
      }
      return { code: slim, map: null };
    },
  },
});
