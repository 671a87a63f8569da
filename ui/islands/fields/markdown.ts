/** Markdown as HTML that is safe to show: raw HTML is shown as text, no pictures are fetched, links are http(s) or mailto. */
import MarkdownIt from "markdown-it";

const parser = new MarkdownIt({ html: false, linkify: true, breaks: true }).disable("image");
const allowed = /^(https?:|mailto:|tel:|[/#])/i;
parser.validateLink = (address: string) => allowed.test(address.trim());
parser.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  tokens[index]!.attrSet("target", "_blank");
  tokens[index]!.attrSet("rel", "noopener noreferrer nofollow");
  return self.renderToken(tokens, index, options);
};

/** `source` as HTML made of our parser's own tags only. */
export function markdownHtml(source: string): string {
  return parser.render(source);
}
