/** Icons offered for a table; all of them are in `ui/icons.txt`. */
export const tableIcons = [
  "table-2", "table", "inbox", "list", "list-checks", "clipboard-list", "receipt-text", "shopping-cart", "shopping-bag", "package", "box", "boxes",
  "warehouse", "store", "truck", "map-pin", "shirt", "tag", "tags", "gift", "ticket", "users", "user-round", "contact", "headphones",
  "message-square", "phone", "undo-2", "rotate-ccw", "banknote", "wallet", "credit-card", "chart-column", "calendar-days", "timer",
  "briefcase", "building-2", "factory", "wrench", "file-text", "folder", "image", "camera", "book-open", "flag", "star", "heart",
  "zap", "shield", "flask-conical", "leaf", "globe", "megaphone", "target", "database",
];
