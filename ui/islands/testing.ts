/** Set-up of the unit tests: a Chinese page, and popovers, which the test browser does not have. */
document.documentElement.lang = "zh-CN";

if (!("showPopover" in HTMLElement.prototype)) {
  Object.assign(HTMLElement.prototype, {
    showPopover() {},
    hidePopover() {},
  });
}
