/** The words of the replay's page in Vietnamese. */

import type { Truth, Words } from "./words.js";

const METRES: Readonly<Record<Truth, string>> = {
  near: "≤\u00a02\u00a0m",
  middle: "2–5\u00a0m",
  far: "xa hơn 5\u00a0m",
  unknown: "không ghi khoảng cách",
};

export const vi: Words = {
  sources: {
    haslemere: {
      name: "Haslemere",
      whole: "Haslemere, Anh (Kissler và cộng sự 2018, dự án BBC Pandemic)",
      about: "Khoảng cách giữa từng cặp người, năm phút một lần.",
      caveat: null,
      pairsHint: "≥ 15\u00a0phút trong 2\u00a0m, trong một ngày",
      contactsHint: "theo khoảng cách đã ghi",
      pairs: "ở trong vòng 2\u00a0m",
      near: (person, f0, minutes, only) =>
        `Người ${person} ${only ? "chỉ " : ""}ở trong vòng 2\u00a0m quanh F0 ${f0} tổng cộng ${minutes}\u00a0phút`,
      truth: "Sự thật: cách F0 bao xa",
      truthHint: "Vạch càng cao càng gần.",
      nearness: METRES,
      path: "Ai gặp ai, lúc nào, cách bao xa là số liệu đo ngoài đời. Sóng vô tuyến là mô phỏng.",
    },
    sociopatterns: {
      name: "SocioPatterns",
      whole: "SocioPatterns",
      about: "Thẻ đeo trước ngực ghi những lần hai người đối diện nhau, hai mươi giây một lần.",
      caveat:
        "Ở đây không ai đo khoảng cách: thẻ đeo chỉ ghi lúc hai người đối diện nhau, cách chừng 1 đến 1,5\u00a0m, và khoảng " +
        "cách được giả định là 1,25\u00a0m. “Thật sự tiếp xúc gần” nghĩa là đối diện nhau ít nhất 15\u00a0phút trong một " +
        "ngày; những người ở gần nhưng không quay mặt vào nhau thì không có trong dữ liệu.",
      pairsHint: "≥ 15\u00a0phút đối diện nhau, trong một ngày",
      contactsHint: "đối diện nhau, theo thẻ đeo",
      pairs: "đối diện nhau",
      near: (person, f0, minutes, only) =>
        `Người ${person} ${only ? "chỉ " : ""}đối diện với F0 ${f0} tổng cộng ${minutes}\u00a0phút`,
      truth: "Dữ liệu ghi: lúc đối diện với F0",
      truthHint: "Không ghi khoảng cách; giả định là 1,25\u00a0m.",
      nearness: { ...METRES, near: "đối diện nhau" },
      path:
        "Ai đối diện với ai, lúc nào là số liệu ghi ngoài đời; cách bao xa thì không ghi, nên giả định mọi lần đều là " +
        "1,25\u00a0m. Sóng vô tuyến là mô phỏng.",
    },
    copenhagen: {
      name: "Copenhagen",
      whole: "Copenhagen Networks Study",
      about: "Điện thoại của sinh viên thu sóng Bluetooth của nhau.",
      caveat:
        "Ở đây không ai đo khoảng cách, chỉ ghi điện thoại thu được sóng của nhau mạnh đến đâu: từ −75\u00a0dBm trở lên " +
        "được coi là ở trong vòng 2\u00a0m. “Thật sự tiếp xúc gần” nghĩa là sóng mạnh như thế ít nhất 15\u00a0phút trong một " +
        "ngày; sự thật và phép đo cùng lấy từ một nguồn sóng, nên độ nhạy và độ chính xác trông tốt hơn thực tế.",
      pairsHint: "≥ 15\u00a0phút sóng từ −75\u00a0dBm, trong một ngày",
      contactsHint: "theo độ mạnh sóng, không theo khoảng cách",
      pairs: "thu được sóng của nhau từ −75\u00a0dBm trở lên",
      near: (person, f0, minutes, only) =>
        `Theo dữ liệu, người ${person} ${only ? "chỉ " : ""}ở gần F0 ${f0} tổng cộng ${minutes}\u00a0phút ` +
        "(sóng từ −75\u00a0dBm trở lên)",
      truth: "Dữ liệu ghi: lúc hai điện thoại thu được sóng của nhau",
      truthHint: "Bất kể mạnh yếu; không ghi cách nhau bao xa.",
      nearness: { ...METRES, unknown: "thu được sóng của nhau" },
      path:
        "Điện thoại nào thu được sóng của điện thoại nào, lúc nào, mạnh bao nhiêu là số liệu đo ngoài đời; cách bao xa thì " +
        "không đo. Các máy thu sóng của nhau mạnh đúng như đã ghi; mô hình sóng bên dưới chỉ được dùng để lấy suy hao ở " +
        "2\u00a0m, coi như ứng với −75\u00a0dBm.",
    },
  },
  kicker: "Phát lại tiếp xúc có thật",
  title: (source, people, days) => `${source}: ${people}\u00a0người, ${days}\u00a0ngày`,
  found: (of, some, all) => `Trong 100\u00a0người thật sự tiếp xúc gần, ${of} được cảnh báo (${some} trên ${all}).`,
  trusted: (of, some, all) => `Trong 100\u00a0người được cảnh báo, ${of} thật sự tiếp xúc gần (${some} trên ${all}).`,
  nobodyNear: "Không ai thật sự tiếp xúc gần F0, nên không tính được độ nhạy.",
  nobodyWarned: "Không ai được cảnh báo, nên không tính được độ chính xác.",
  bounds: {
    exact: (count) => `${count}\u00a0người`,
    below: (count) => `chưa đến ${count}\u00a0người`,
    above: (count) => `hơn ${count}\u00a0người`,
  },
  tiles: {
    people: "Người",
    pairs: "Cặp ở gần",
    f0: "F0 mỗi lần",
    seeds: "Lần bốc F0",
    contacts: "Tiếp xúc gần F0",
    warned: "Được cảnh báo",
    sensitivity: "Độ nhạy",
    precision: "Độ chính xác",
  },
  tileHints: {
    seeds: "số liệu đầu trang: lần đầu",
    sensitivity: "người ở gần được báo",
    precision: "người được báo thật sự ở gần",
  },
  run: (f0, seeds, adoption, preset, delay) =>
    `${f0} F0 do máy bốc thăm (lần đầu trong ${seeds} lần bốc thăm), ${adoption} số người có ứng dụng, ` +
    `bộ quy tắc ${preset}, công bố khóa sau ${delay}.`,
  record: (name, steps, pairs, which, pairDays) =>
    `Tệp ${name}: ${steps} bước thời gian, ${pairs} cặp ${which} ít nhất 15\u00a0phút trong một ngày ` +
    `(${pairDays} lượt cặp và ngày).`,
  took: (seconds, resumed) => `Phát lại trong ${seconds} giây${resumed ? ", kể cả phần những lần chạy trước đã làm" : ""}.`,
  presetNames: {
    "bluezone": "Bluezone",
    "bluezone_v2": "Bluezone 2.x: một lần thu",
    "ch-2020-early": "Thụy Sĩ 50/55 dB",
    "ch-2020-late": "Thụy Sĩ 55/63 dB",
    "de-cwa": "Đức, Corona-Warn-App",
  },
  presets: "Bộ quy tắc",
  presetsHint: "Bấm để ẩn hoặc hiện.",
  noPreset: "Chưa chọn bộ quy tắc nào.",
  preset: "Bộ quy tắc",
  figures: { sensitivity: "Độ nhạy", precision: "Độ chính xác", days: "Ngày chờ đến khi báo" },
  figureHints: {
    sensitivity: "Trong những người thật sự tiếp xúc gần, bao nhiêu phần được cảnh báo.",
    precision: "Trong những người được cảnh báo, bao nhiêu phần thật sự tiếp xúc gần.",
    days: "Từ lúc ở gần F0 đến lúc máy báo.",
  },
  adoption: "Bao nhiêu người cài thì cảnh báo tốt đến đâu",
  adoptionHint:
    "Cảnh báo chỉ đến được khi cả F0 lẫn người tiếp xúc đều có ứng dụng. Nếu tỷ lệ cài là p, " +
    "chừng p² số người tiếp xúc có thể được báo.",
  adoptionAxis: "Tỷ lệ người có ứng dụng",
  noSweep: "Báo cáo này không có số liệu theo tỷ lệ cài đặt.",
  expected: "Theo p²",
  expectedHint: "Đường chấm: độ nhạy khi mọi người đều cài × p², của bộ quy tắc đầu tiên đang hiện.",
  noExpected: "Không vẽ đường p²: báo cáo không có mức mọi người đều cài.",
  reachable: "Cả hai cùng có ứng dụng",
  band: (all, seeds, draws) =>
    `Dải màu: thấp nhất đến cao nhất trong ${all} lần bốc thăm (${seeds} lần bốc F0 × ${draws} lần bốc người có ứng dụng).`,
  bandOfSeeds: (seeds) => `Dải màu: thấp nhất đến cao nhất trong ${seeds} lần bốc thăm F0.`,
  nothingToDraw: (seeds) =>
    `Khi mọi người đều có ứng dụng, hoặc không ai có, thì không có gì để bốc: chỉ còn ${seeds} lần bốc F0.`,
  oneSeed: "Chỉ một lần bốc thăm: chưa biết kết quả dao động thế nào.",
  hollow:
    "Dấu rỗng: chưa chắc chắn, vì dựa trên chưa đến một phần tư số lần bốc thăm. " +
    "Ở những lần còn lại không ai được báo, hoặc không ai ở gần, nên không có tỷ lệ.",
  rests: (of, draws) => `${of} trên ${draws} lần bốc thăm`,
  district: (share) => `Quận Thanh Xuân ${share}`,
  districtHint: (share, installed, smartphones) =>
    `Vạch đứng: quận Thanh Xuân tháng 3 năm 2021, ${installed} trên ${smartphones} điện thoại thông minh (${share}).`,
  chart: (title) => `Biểu đồ: ${title}. Số liệu ở bảng bên dưới.`,
  slider: (axis) => `Chọn mức: ${axis}`,
  sliderHint: "Kéo, dùng phím ← →, hoặc chạm vào biểu đồ.",
  allNumbers: "Toàn bộ số liệu",
  meanAndSpread: "Trung bình (thấp nhất–cao nhất)",
  draws: "Lần bốc thăm",
  unknown: "–",
  delays: "Công bố chậm thì sao",
  delaysHint: "Số ngày từ khi có kết quả dương tính đến khi khóa của F0 được công bố.",
  delayAxis: "Số ngày chậm công bố",
  daysUnit: (days) => `${days} ngày`,
  thresholds: "Nếu đổi ngưỡng",
  thresholdsHint:
    "Mỗi ô là một cách đặt ngưỡng: cần bao nhiêu phút nguy cơ mới báo, và giới hạn suy hao dịch đi bao nhiêu dB " +
    "(+ là chấp nhận sóng yếu hơn). Ô càng nổi bật thì càng cao.",
  shift: "Dịch giới hạn",
  minutesColumn: (minutes) => `${minutes} phút`,
  shiftRow: (shift) => `${shift}\u00a0dB`,
  asShipped: "Ô có khung: bộ quy tắc như đang dùng.",
  fewDraws: (example) =>
    `Số nhỏ như ${example}: tỷ lệ ấy lấy từ bao nhiêu lần bốc thăm; ở những lần còn lại không ai được báo, ` +
    "hoặc không ai ở gần, nên không có tỷ lệ.",
  person: {
    title: "Một ngày của một người",
    hint:
      "Từ sóng đo được đến lời cảnh báo: mỗi lần thu được mã của F0, suy hao quyết định một phút đáng tính bao nhiêu. " +
      "Những người ở đây đều có ứng dụng, F0 của họ cũng vậy.",
    none: "Báo cáo này không kèm ngày của ai.",
    choose: "Người, F0 và ngày",
    option: (person, f0, date, verdict) => `${verdict} · người ${person} · F0 ${f0} · ${date}`,
    sentences: {
      right: (near) => `${near} và đã được cảnh báo.`,
      missed: (near) => `${near} nhưng không được cảnh báo.`,
      false: (near) => `${near} nhưng vẫn được cảnh báo.`,
      quiet: (near) => `${near}, và không được cảnh báo.`,
    },
    byPreset: (preset) => `theo bộ quy tắc ${preset}`,
    noTruth: "Dữ liệu không ghi lần nào hai người ở cùng nhau trong ngày này.",
    measured: "Máy đo được: suy hao",
    measuredHint: (count) => `${count} lần thu được mã của F0. Càng lên cao, suy hao càng nhỏ, máy càng coi là gần.`,
    typical: "thường gặp trong lần quét",
    least: "ít nhất trong lần quét",
    adjusted: "đã hiệu chỉnh",
    looksAt: {
      typical: "",
      minimum: "Bộ quy tắc này xét suy hao ít nhất (ô vuông nhỏ).",
      adjusted: "Bộ quy tắc này xét suy hao đã hiệu chỉnh (vòng tròn) theo những lần thu khác quanh lúc ấy.",
    },
    noSightings: "Máy của người này không thu được mã của F0 lần nào trong ngày.",
    notJudged: "Báo cáo không có kết quả của bộ quy tắc này cho ngày này.",
    weight: (weight) => `×\u00a0${weight}`,
    minutes: "Cộng thành phút nguy cơ",
    minutesHint: "Số giây của mỗi lần thu × trọng số của nó, cộng dồn. Chạm ngưỡng trong một ngày thì máy báo.",
    threshold: (minutes) => `ngưỡng ${minutes}\u00a0phút`,
    sum: (minutes) => `${minutes}\u00a0phút`,
    reached: (preset, sum, threshold, time) =>
      `${preset}: ${sum}\u00a0phút nguy cơ, chạm ngưỡng ${threshold}\u00a0phút lúc ${time}. Máy cảnh báo.`,
    any: (preset, time) => `${preset}: chỉ cần thu được một lần, lúc ${time}. Máy cảnh báo.`,
    notReached: (preset, sum, threshold) =>
      `${preset}: ${sum}\u00a0phút nguy cơ, chưa đến ngưỡng ${threshold}\u00a0phút. Máy không cảnh báo.`,
    slider: "Xem từng lần thu",
    readout: (index, of, time, typical, least, seconds, minutes, sum) =>
      `Lần ${index}/${of}, ${time}: suy hao ${typical}\u00a0dB (ít nhất ${least}\u00a0dB), ứng với ${seconds} giây, ` +
      `tính ${minutes}\u00a0phút; cộng dồn ${sum}\u00a0phút.`,
    table: "Bảng từng lần thu",
    columns: {
      time: "Lúc",
      typical: "Suy hao (dB)",
      least: "Ít nhất (dB)",
      adjusted: "Hiệu chỉnh (dB)",
      seconds: "Giây",
      minutes: "Tính (phút)",
      sum: "Cộng dồn",
    },
  },
  method: {
    title: "Cách tính",
    path:
      "Từ đó, mã, khóa, tệp công bố, so khớp và chấm điểm đều đi qua đúng những dòng mã chạy trên thiết bị và máy chủ.",
    presets: "Các bộ quy tắc",
    columns: { preset: "Bộ quy tắc", buckets: "Một phút tính bao nhiêu, theo suy hao", threshold: "Báo từ" },
    between: (from, to) => `${from}–${to}\u00a0dB`,
    under: (to) => `dưới ${to}\u00a0dB`,
    over: (from) => `từ ${from}\u00a0dB`,
    anyStrength: "mọi suy hao",
    anySighting: "một lần thu",
    ofScan: {
      typical: "",
      minimum: "xét suy hao ít nhất của lần quét",
      adjusted: "xét suy hao đã hiệu chỉnh theo những lần thu khác",
    },
    minutesUnit: (minutes) => `${minutes}\u00a0phút`,
    radio: "Mô hình sóng",
    sameScenes:
      "Các hằng số của mô hình này và bộ quy tắc Bluezone đều được chỉnh theo cùng bốn cảnh đo thật (bữa trưa, tàu hỏa, văn " +
      "phòng, xếp hàng), còn các bộ quy tắc khác thì không: điều đó có lợi cho Bluezone.",
    radioText: (name, loss, exponent, device, shadowing, fading) =>
      `${name}: suy hao ${loss}\u00a0dB ở 1\u00a0m, số mũ ${exponent}; độ lệch chuẩn ${device}\u00a0dB giữa các máy, ` +
      `${shadowing}\u00a0dB do người và vật che, ${fading}\u00a0dB giữa hai lần phát.`,
  },
  damaged: (reason) => `Tệp báo cáo bị hỏng (${reason}). Hãy chạy lại bluezone replay TỆP --serve.`,
  unreachable: "Không tải được báo cáo: máy chủ không trả lời. Hãy tải lại trang.",
};
