/**
 * Names, and others that are to be taken for them.
 *
 * @module
 */

/** By what makes them alike: a name that may be had, and one that nobody may have beside it. */
export const LOOK_ALIKES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "case": [
    ...[["Ada", "ada"], ["Ada", "ADA"], ["ada", "aDA"], ["Weiß", "WEISS"], ["Élodie", "éLODIE"]],
    ...[["PAUL", "paul"], ["BILL", "bill"], ["Bill", "BILL"], ["Анна", "АННА"], ["Петр", "ПЕТР"]],
    ...[["Юля", "юля"], ["Νίκος", "νίκος"], ["Νίκος", "ΝΊΚΟΣ"], ["ΝΙΚΟΣ", "νικος"]],
    ...[["Ηρα", "ηρα"], ["νίκοσ", "ΝΊΚΟΣ"], ["İpek", "ipek"], ["Արամ", "ԱՐԱՄ"], ["ნინო", "ᲜᲘᲜᲝ"]],
    ...[["Ꭰꮣ", "ꭰꮣ"], ["Dara", "dara"], ["Mike", "MIKE"], ["Will", "WILL"], ["ẞara", "ßara"]],
  ],
  "I, l, 1 and |": [
    ...[["Paul", "PauI"], ["Al", "AI"], ["Bill", "BiII"], ["Bill", "Bi1l"], ["Bill", "Bi||"]],
    ...[["l", "1"], ["1", "I"], ["I", "|"], ["|", "l"], ["l", "I"], ["paul", "PauI"]],
    ...[["PAUL", "PauI"], ["BILL", "BiII"], ["lola", "1ola"], ["lola", "|ola"], ["Ian", "lan"]],
    ...[["Lola", "LoIa"], ["Alice", "AIice"], ["ALICE", "AlICE"], ["Isla", "lsla"]],
    ...[["Ella", "EIIa"], ["user 11", "user ll"], ["Guest 1", "Guest I"], ["Ilse", "IIse"]],
  ],
  "rn, cl, vv": [
    ...[["Tom", "Torn"], ["Adam", "Adarn"], ["max", "rnax"], ["Max", "rnax"], ["mike", "rnike"]],
    ...[["Bernie", "Bemie"], ["David", "Davicl"], ["david", "clavid"], ["David", "clavid"]],
    ...[["David", "DavicI"], ["Claude", "Clauc1e"], ["Will", "VVill"], ["will", "vvill"]],
    ...[["Andrew", "Andrevv"], ["modern", "modem"], ["MAMA", "rnarna"], ["Fred", "Frecl"]],
    ...[["WILL", "VVILL"], ["Ewa", "EVVA"], ["Norman", "Norrnan"]],
  ],
  "digits": [
    ...[["Bob", "B0b"], ["Otto", "0tto"], ["OLIVIA", "0LIVIA"], ["Olivia", "0LIVIA"]],
    ...[["Sam", "5am"], ["sam", "5am"], ["Jess", "Je55"], ["user 0", "user O"], ["Bob", "BOb"]],
  ],
  "compatibility forms": [
    ...[["Ada", "Ａｄａ"], ["Ada", "𝐀𝐝𝐚"], ["Ada", "Ⓐda"], ["Ada", "𝔸𝕕𝕒"], ["Ada", "𝒜𝒹𝒶"]],
    ...[["Ada 2", "Ada ②"], ["fin", "ﬁn"], ["Ada", "ᴬda"], ["カナ", "ｶﾅ"], ["VIII", "Ⅷ"]],
    ...[["Ada", "𝙰𝚍𝚊"], ["Paul", "𝗣𝗮𝘂𝗜"], ["O-K", "Ｏ－Ｋ"], ["lj", "ǉ"]],
  ],
  "other Latin letters": [
    ...[["ada", "ɑda"], ["gina", "ɡina"], ["Ada", "ᴀᴅᴀ"], ["ada", "ᴀᴅᴀ"], ["Hank", "ʜᴀɴᴋ"]],
    ...[["Bill", "ʙɪʟʟ"], ["John", "ᴊᴏʜɴ"], ["Emma", "ᴇᴍᴍᴀ"], ["Ruby", "ʀᴜʙʏ"], ["Greg", "ɢʀᴇɢ"]],
    ...[["Fritz", "ꜰʀɪᴛᴢ"], ["Vic", "ᴠɪᴄ"], ["Paws", "ᴘᴀᴡꜱ"], ["Ian", "ɪan"], ["Inga", "ınga"]],
    ...[["Jon", "ȷon"], ["Kaj", "ĸaj"], ["Fay", "ƒay"], ["Sue", "ꜱue"], ["Bea", "ƅea"]],
    ...[["Ida", "ǀda"], ["Aeon", "æon"], ["Ute", "ʋte"], ["Pia", "ƿia"]],
  ],
  "Cyrillic": [
    ...[["Ada", "Аda"], ["Ada", "Adа"], ["Bob", "Воb"], ["Bob", "Bоb"], ["peace", "реасе"]],
    ...[["Max", "Мах"], ["Tom", "Тоm"], ["Tom", "Том"], ["Kate", "Катe"], ["Kate", "Кате"]],
    ...[["Jess", "Јеѕѕ"], ["Iris", "Іrіѕ"], ["Анна", "Aннa"], ["Hope", "Норе"], ["COCO", "СОСО"]],
    ...[["Jose", "Јоѕе"], ["ivy", "іѵу"], ["Ana", "Аnа"], ["Ёлка", "Ëлка"]],
    ...[["lily", "ӏіӏу"], ["Exo", "Ехо"], ["qwe", "ԛԝе"]],
    ...[["José", "Jоsе\u0301"], ["bob", "ьоь"], ["Hans", "Напѕ"]],
  ],
  "Greek": [
    ...[["Nina", "Νina"], ["Nina", "Νιna"], ["Ivo", "Ιvο"], ["vera", "νera"], ["Zoe", "Ζοe"]],
    ...[["NIKO", "ΝΙΚΟ"], ["Niko", "ΝΙΚΟ"], ["HBO", "ΗΒΟ"], ["Ρο", "Ро"], ["Ατα", "Ата"]],
    ...[["Paya", "Ραγα"], ["XENA", "ΧΕΝΑ"], ["Tova", "Τονα"], ["Kika", "Κικα"]],
  ],
  "Armenian": [
    ...[["ouo", "օսօ"], ["Soho", "Տօհօ"], ["SOUS", "ՏՕՍՏ"], ["goon", "ցօօռ"], ["Ada", "Adա"]],
    ...[["quo", "զսօ"], ["hun", "հսո"]],
  ],
  "Cherokee": [
    ...[["ADA", "ᎪᎠᎪ"], ["Ada", "ᎪᎠᎪ"], ["EVA", "ᎬᏙᎪ"], ["KLM", "ᏦᏞᎷ"]],
    ...[["JACK", "ᎫᎪᏟᏦ"], ["Tess", "ᎢᎬᏚᏚ"], ["Ada", "ᴀᎠa"], ["WES", "ᎳᎬᏚ"], ["PAL", "ᏢᎪᏞ"]],
    ...[["AVA", "ꭺꮩꭺ"], ["vsc", "ꮩꮪꮯ"]],
  ],
  "Lisu": [
    ...[["SEN", "ꓢꓰꓠ"], ["Sen", "ꓢꓰꓠ"], ["BILL", "ꓐꓲꓡꓡ"], ["ADA", "ꓮꓓꓮ"], ["MAX", "ꓟꓮꓫ"]],
    ...[["ROY", "ꓣꓳꓬ"], ["PAUL", "ꓑꓮꓴꓡ"], ["Paul", "ꓑꓮꓴꓡ"], ["KATE", "ꓗꓮꓔꓰ"], ["HUGO", "ꓧꓴꓖꓳ"]],
  ],
  "Coptic": [
    ...[["COC", "ⲤⲞⲤ"], ["HOP", "ⲎⲞⲢ"], ["NINO", "ⲚⲒⲚⲞ"], ["coo", "ⲥⲟⲟ"], ["Kim", "ⲔⲒⲘ"]],
    ...[["Ada", "Ⲁⅾⲁ"], ["ΝΙΝΟ", "ⲚⲒⲚⲞ"]],
  ],
  "Canadian syllabics": [
    ...[["VAL", "ᐯᗅᒪ"], ["HAM", "ᕼᗅᗰ"], ["BRAD", "ᗷᖇᗅᗪ"], ["JUD", "ᒍᑌᗪ"], ["Pam", "ᑭᗅᗰ"]],
    ...[["FRAD", "ᖴᖇᗅᗪ"], ["xd", "ᕁᑯ"], ["AX", "ᗅ᙭"]],
  ],
  "other scripts": [
    ...[["IOTO", "𐊊𐊒𐊗𐊒"], ["FOX", "𐊇𐊒𐊐"], ["ooo", "ооо"], ["OO", "〇〇"]],
    ...[["カ", "力"], ["ニロ", "二口"], ["エト", "工卜"], ["ー", "一"], ["oo", "ഠഠ"]],
    ...[["ooo", "๐๐๐"], ["ooo", "໐໐໐"], ["ooo", "०००"], ["οοο", "ооо"], ["lol", "اסا"]],
    ...[["VEL", "𑢠𑢦𑢣"], ["KAT", "KАT"], ["Boa", "Вοа"]],
  ],
  "marks, signs and spaces": [
    ...[["O'Brien", "O’Brien"], ["O'Brien", "OʼBrien"], ["Ada'", "Adaʼ"], ["Ada", "Ɑda"], [
      "O'Brien",
      "O´Brien",
    ], [
      "O'Brien",
      "O‘Brien",
    ], [
      "O'Brien",
      "O′Brien",
    ]],
    ...[["Jean-Luc", "Jean‐Luc"], ["Jean-Luc", "Jean‑Luc"], ["Jean-Luc", "Jean−Luc"]],
    ...[["Jean-Luc", "Jean–Luc"], ["Jean-Luc", "Jean—Luc"], ["Jean-Luc", "Jean־Luc"]],
    ...[["José", "Jose\u0301"], ["José", "Jose\u0341"], ["Ada L", "Ada\u3000 L"], [
      "Ada L",
      "Ada\u2003L",
    ]],
    ...[["Ada L", "Ada\u1680L"], ["Ada.", "Ada\u2024"], ["Ada!", "Adaǃ"], ["A:B", "A\u2236B"]],
    ...[["Dilan", "Dı\u0307lan"], ["Dilan", "Di\u0307lan"], ["jan", "j\u0307an"]],
    ...[["A·B", "A•B"], ["Ada, B", "Ada‚ B"], ["Bă", "Ba\u030c"], ["Ada?", "Adaʔ"]],
  ],
  "what is drawn as nothing": [
    ...[["Ada", "Ada\ufe0f"], ["Ada", "\ufe0fA\ufe0fda"], ["❤", "❤\ufe0f"], ["Ada", "Ada \ufe0f"]],
    ...[["Ada", "A\u200bda"], ["Ada", "A\u2060da"], ["Ada", "Ada\u3164"], ["Ada", "Ada\u2800"]],
    ...[["Ada", "\u0301\u0336Ada"], ["Ada", "A\u034fda"], ["Ada", "\u202eadA"], [
      "Ada",
      "Ada\ufffc",
    ]],
    ...[["Ada", "Ada\u{1d159}"], ["Ada", "Ada\u{13441}"], ["Ada", "Ada\u{e0041}"]],
    ...[["میخوام", "می‌خوام"], ["क्ष", "क्‍ष"], ["👩👩👧", "👩‍👩‍👧"], ["Ada", "Ada\u200d"]],
  ],
};

/** Names that nobody takes for each other. */
export const DIFFERENT: readonly (readonly string[])[] = [
  ...[["Ann", "Anna"], ["José", "Jose"], ["Müller", "Muller"], ["王小明", "王小朋"]],
  ...[["Nina", "Vina"], ["Ian", "Lan"], ["Ada", "Adam"], ["Ada", "Adda"]],
  ...[["Ada L", "AdaL"], ["Ada", "Eda"], ["Max", "Мак"], ["Zoë", "Zoé"], ["Bob", "Rob"]],
  ...[["Анна", "Инна"], ["Νίκος", "Νίκη"], ["Nina", "Νίνα"], ["Ёлка", "Елка"], ["Tim", "Tom"]],
  ...[["Иван", "Йван"], ["ada_1", "ada_2"], ["user3", "user8"], ["李", "季"], ["😀", "😁"]],
  ...[["Hana", "Nana"], ["Pia", "Ria"], ["Uwe", "Ywe"], ["Mona", "Nona"], ["a-b", "a_b"]],
  ...[["Dara", "Clara"], ["Dean", "Clean"], ["Day", "Clay"], ["Isa", "Lisa"], ["Ali", "Ail"]],
  ...[["ALI", "ALL"], ["Guest 1", "Guest 2"], ["Guest 10", "Guest 100"], ["Mark", "Marc"]],
  ...[["Eli", "Ellie"], ["Will", "Bill"], ["Karl", "Carl"], ["Sara", "Sarah"], ["Jan", "Jon"]],
  ...[["민수", "민서"], ["さくら", "サクラ"], ["محمد", "محمود"], ["דוד", "דור"], ["大井", "犬井"]],
  ...[["👩‍👩‍👧", "👨‍👩‍👧"], ["🇩🇪", "🇫🇷"], ["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"], ["👍🏽", "👍🏿"], ["Иа", "На"]],
];
