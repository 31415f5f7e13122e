/** The page's words that depend on what the browser keeps. */

import type { Language } from "../shared/format.js";

export interface Words {
  readonly said: (day: string, ward: string) => string;
  readonly sent: (day: string) => string;
  readonly notSent: string;
  readonly refused: string;
  readonly withdrawn: string;
  readonly keepsNothing: string;
}

export const WORDS: Readonly<Record<Language, Words>> = {
  vi: {
    said: (day, ward) => `Bạn đã đồng ý ngày ${day}, phường, xã: ${ward}.`,
    sent: (day) => `Lần báo của ngày ${day} đã xong.`,
    notSent: "Hôm nay chưa gửi được; trang sẽ thử lại khi bạn mở lại.",
    refused: "Máy chủ không nhận lần báo này. Hãy rút lại đồng ý rồi chọn lại phường, xã.",
    withdrawn: "Đã rút lại. Trình duyệt này không gửi gì nữa.",
    keepsNothing: "Trình duyệt này không cho trang giữ gì, nên không thể ghi nhớ đồng ý.",
  },
  en: {
    said: (day, ward) => `You agreed on ${day}, ward: ${ward}.`,
    sent: (day) => `The word for ${day} has been sent.`,
    notSent: "It could not be sent today; the page tries again when you open it.",
    refused: "The server did not take it. Withdraw your consent and choose your ward anew.",
    withdrawn: "Withdrawn. This browser sends nothing more.",
    keepsNothing: "This browser lets the page keep nothing, so it cannot remember your consent.",
  },
};
