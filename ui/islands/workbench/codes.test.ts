import { describe, expect, test } from "vitest";
import { Agreement, chosen, courierOf, normalise, waybillIn } from "./codes";

const line = { text: "SF1402884102760", format: "code_128" };
const link = { text: "https://ucmp.sf-express.com/wx?p=AbC", format: "qr_code" };

describe("normalising", () => {
  test.each([
    ["ＳＦ１４０２　８８４１０２７６０", "SF1402884102760"],
    [" sf1402 8841 02760\r\n", "SF1402884102760"],
    ["CODE_128,SF1402884102760", "SF1402884102760"],
    ["\u200bYT123\u0000", "YT123"],
    ["JD0012345678901-1-1-", "JD0012345678901-1-1-"],
  ])("%s", (given, wanted) => expect(normalise(given)).toBe(wanted));
});

test("letters tell the courier, figures alone do not", () => {
  expect(courierOf("sf1402884102760")).toBe("顺丰");
  expect(courierOf("JDVA00123456789-1-1-")).toBe("京东");
  expect(courierOf("RR473124829CN")).toBe("EMS");
  expect(courierOf("75312345678901")).toBe("");
});

test("a number is taken out of a QR code only when it is one", () => {
  expect(waybillIn("MMM={'k1':'571','k5':'SF1402884102760'}")).toBe("SF1402884102760");
  expect(waybillIn(link.text)).toBeNull();
  expect(waybillIn("20260115000000001234567")).toBeNull();
});

describe("which code is meant", () => {
  test("the line code before the square one, Code 128 before others", () => {
    expect(chosen([link, { text: "6901234567892", format: "ean_13" }, line])).toEqual(line);
  });
  test("a link in a QR code is no number; a short code in one is", () => {
    expect(chosen([link])).toBeNull();
    expect(chosen([{ text: "TB20260115-0412", format: "qr_code" }])?.text).toBe("TB20260115-0412");
    expect(chosen([])).toBeNull();
  });
});

describe("agreement", () => {
  test("twice the same, with blurred frames between", () => {
    const agreement = new Agreement();
    expect(agreement.take([line])).toBeNull();
    expect(agreement.take([])).toBeNull();
    expect(agreement.take([{ ...line, text: "sf1402884102760" }])).toBe("SF1402884102760");
    expect(agreement.take([line])).toBeNull();
  });
  test("a misread in between begins again", () => {
    const agreement = new Agreement();
    agreement.take([line]);
    expect(agreement.take([{ ...line, text: "SF1402884102761" }])).toBeNull();
    expect(agreement.take([line])).toBeNull();
    expect(agreement.take([line])).toBe("SF1402884102760");
  });
  test("a square code needs three", () => {
    const agreement = new Agreement();
    const square = { text: "TB20260115-0412", format: "qr_code" };
    expect([agreement.take([square]), agreement.take([square]), agreement.take([square])]).toEqual([null, null, "TB20260115-0412"]);
  });
});
