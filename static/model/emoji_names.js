/**
 * Names of the emoji that are used most, as GitHub and Slack have them. Imported when first needed.
 * Pure.
 *
 * @module
 */

import { byRank, rankOf } from "./rank.js";

/** An emoji with one of its names. @typedef {{ emoji: string, name: string }} NamedEmoji */

/** Emoji after their names, roughly in the order of use. */
const TABLE = `
joy 😂,+1 thumbsup 👍,heart ❤️,tada party 🎉,smile 😄,fire 🔥,rocket 🚀,grinning 😀,smiley 😃
grin 😁,sweat_smile 😅,rofl 🤣,blush 😊,slightly_smiling_face slight_smile 🙂
upside_down_face upside_down 🙃,wink 😉,heart_eyes 😍
smiling_face_with_three_hearts hearts_face 🥰,kissing_heart 😘,sunglasses cool_face 😎
thinking thinking_face 🤔,sob 😭,cry 😢,pray please thanks 🙏,clap 👏,raised_hands 🙌,muscle 💪
eyes 👀,white_check_mark check ✅,100 💯,sparkles ✨,wave 👋,ok_hand 👌,-1 thumbsdown 👎,shrug 🤷
facepalm 🤦,handshake 🤝,saluting_face salute 🫡,partying_face 🥳,star_struck 🤩,innocent 😇
laughing satisfied 😆,relaxed ☺️,yum 😋,stuck_out_tongue 😛,stuck_out_tongue_winking_eye 😜
stuck_out_tongue_closed_eyes 😝,zany_face 🤪,hugs hugging_face 🤗,hand_over_mouth 🤭
peeking face_with_peeking_eye 🫣,shushing_face 🤫,zipper_mouth_face 🤐,raised_eyebrow 🤨
neutral_face 😐,expressionless 😑,no_mouth 😶,smirk 😏,unamused 😒,roll_eyes 🙄,grimacing 😬
lying_face 🤥,relieved 😌,pensive 😔,sleepy 😪,sleeping 😴,mask 😷,nauseated_face 🤢
vomiting_face 🤮,hot_face 🥵,cold_face 🥶,dizzy_face 😵,exploding_head mind_blown 🤯
cowboy_hat_face 🤠,nerd_face 🤓,monocle_face 🧐,confused 😕,worried 😟
slightly_frowning_face 🙁,open_mouth 😮,flushed 😳,pleading_face 🥺,face_holding_back_tears 🥹
fearful 😨,cold_sweat 😰,scream 😱,disappointed 😞,sweat 😓,yawning_face 🥱,triumph 😤,rage 😡
angry 😠,cursing_face 🤬,skull 💀,poop hankey 💩,clown_face 🤡,ghost 👻,alien 👽,robot 🤖
smiley_cat 😺,joy_cat 😹,heart_eyes_cat 😻,see_no_evil 🙈,melting_face 🫠,kiss 💋
sparkling_heart 💖,two_hearts 💕,broken_heart 💔,orange_heart 🧡,yellow_heart 💛,green_heart 💚
blue_heart 💙,light_blue_heart 🩵,purple_heart 💜,pink_heart 🩷,black_heart 🖤,white_heart 🤍
brown_heart 🤎,heart_hands 🫶,boom collision 💥,bomb 💣,speech_balloon 💬,thought_balloon 💭
zzz 💤,raised_hand hand ✋,vulcan_salute 🖖,pinched_fingers 🤌,v victory ✌️
crossed_fingers fingers_crossed 🤞,love_you_gesture 🤟,metal 🤘,call_me_hand 🤙,point_left 👈
point_right 👉,point_up_2 👆,point_down 👇,point_up ☝️,fist ✊,facepunch punch 👊,open_hands 👐
nail_care 💅,brain 🧠,baby 👶,raising_hand 🙋,bow 🙇,no_good 🙅,mage wizard 🧙,zombie 🧟
technologist coder 🧑‍💻,astronaut 🧑‍🚀,santa 🎅,walking 🚶,running runner 🏃,dancer 💃
man_dancing 🕺,family 👪,dog 🐶,cat 🐱,fox_face fox 🦊,panda_face panda 🐼,koala 🐨,lion 🦁
frog 🐸,monkey_face 🐵,penguin 🐧,owl 🦉,unicorn 🦄,bee 🐝,bug 🐛,butterfly 🦋,snail 🐌
ladybug lady_beetle 🐞,turtle 🐢,snake 🐍,crab 🦀,tropical_fish 🐠,dolphin 🐬,shark 🦈
elephant 🐘,dragon 🐉,t-rex 🦖,feet paw_prints 🐾,rose 🌹,cherry_blossom 🌸,sunflower 🌻
seedling 🌱,evergreen_tree 🌲,palm_tree 🌴,cactus 🌵,christmas_tree 🎄,four_leaf_clover 🍀
mushroom 🍄,earth_africa globe 🌍,globe_with_meridians 🌐,crescent_moon 🌙,sun_with_face 🌞
sunny sun ☀️,cloud ☁️,zap lightning ⚡,snowflake ❄️,snowman ⛄,umbrella ☔,rainbow 🌈,ocean 🌊
star ⭐,stars shooting_star 🌠,droplet 💧,apple 🍎,lemon 🍋,banana 🍌,watermelon 🍉
strawberry 🍓,pineapple 🍍,avocado 🥑,carrot 🥕,hot_pepper 🌶️,cheese 🧀,bacon 🥓
hamburger burger 🍔,pizza 🍕,hotdog 🌭,salad green_salad 🥗,popcorn 🍿,spaghetti 🍝,ramen 🍜
sushi 🍣,icecream 🍦,doughnut donut 🍩,cookie 🍪,birthday 🎂,cake 🍰,chocolate_bar 🍫,coffee ☕
tea 🍵,beer 🍺,beers 🍻,clinking_glasses cheers 🥂,wine_glass wine 🍷,champagne 🍾,balloon 🎈
gift 🎁,jack_o_lantern pumpkin 🎃,trophy 🏆,first_place_medal 1st_place_medal 🥇
medal_sports 🏅,soccer ⚽,football 🏈,dart 🎯,video_game 🎮,game_die dice 🎲,jigsaw puzzle 🧩
art 🎨,headphones 🎧,musical_note 🎵,notes 🎶,guitar 🎸,musical_keyboard piano 🎹,bicyclist 🚴
car red_car 🚗,bike 🚲,train2 🚆,airplane ✈️,construction 🚧,rotating_light 🚨,house 🏠
school 🏫,tent ⛺,volcano 🌋,watch ⌚,iphone phone_mobile 📱,computer laptop 💻,keyboard ⌨️
printer 🖨️,camera 📷,battery 🔋,bulb idea 💡,moneybag 💰,money_with_wings 💸,credit_card 💳
gem 💎,wrench 🔧,hammer 🔨,hammer_and_wrench 🛠️,gear ⚙️,microscope 🔬,telescope 🔭
test_tube 🧪,syringe 💉,pill 💊,adhesive_bandage 🩹,door 🚪,key 🔑,lock 🔒,unlock 🔓,link 🔗
paperclip 📎,round_pushpin 📍,package 📦,email e-mail 📧,memo pencil 📝,pencil2 ✏️,clipboard 📋
file_folder 📁,calendar 📆,chart_with_upwards_trend chart_up 📈
chart_with_downwards_trend chart_down 📉,bar_chart 📊,books 📚,book open_book 📖,newspaper 📰
bookmark 🔖,wastebasket 🗑️,mag search 🔍,mega 📣,bell 🔔,alarm_clock ⏰,stopwatch ⏱️
hourglass_flowing_sand ⏳,hourglass ⌛,crown 👑,tophat 🎩,warning ⚠️,no_entry ⛔,stop_sign 🛑,x ❌
heavy_check_mark ✔️,exclamation heavy_exclamation_mark ❗,question ❓,bangbang ‼️,infinity ♾️
recycle ♻️,arrow_up ⬆️,arrow_down ⬇️,arrow_left ⬅️,arrow_right ➡️,arrows_counterclockwise 🔄
new 🆕,ok 🆗,sos 🆘,red_circle 🔴,yellow_circle 🟡,green_circle 🟢
large_blue_circle blue_circle 🔵,information_source info ℹ️,peace_symbol ☮️,one 1️⃣,two 2️⃣
three 3️⃣,checkered_flag 🏁,pirate_flag 🏴‍☠️,rainbow_flag pride 🏳️‍🌈,bear 🐻,cow 🐮,pig 🐷
bird 🐦,octopus 🐙,whale 🐳,basketball 🏀,tennis 🎾,microphone 🎤,ambulance 🚑,ship 🚢,ear 👂
hear_no_evil 🙉,speak_no_evil 🙊,tv 📺,phone telephone ☎️,scissors ✂️,pushpin 📌,shirt 👕
mortar_board 🎓,fries 🍟,taco 🌮,egg 🥚,detective 🕵️`;

/** Flags by country code, with another name of each. */
const FLAGS = `
us usa,gb uk,de germany,fr france,es spain,it italy,jp japan,kr korea,cn china,ru russia
in india,br brazil,ca canada,au australia,at austria,ch switzerland,nl netherlands,be belgium
se sweden,no norway,dk denmark,fi finland,pl poland,pt portugal,ie ireland,gr greece,tr turkey
ua ukraine,cz czechia,hu hungary,ro romania,mx mexico,ar argentina,za south_africa
nz new_zealand,il israel,eu european_union`;

/** Flags that GitHub names by their country code alone. */
const SHORT_FLAGS = /^(?:cn|de|es|fr|gb|it|jp|kr|ru|us)$/;
const REGIONAL_A = 0x1f1e6;

/** @type {readonly (readonly [emoji: string, names: readonly string[]])[] | undefined} */
let parsed;
/** @type {ReadonlyMap<string, string> | undefined} */
let byName;

/**
 * Emoji that have a name with a word that begins with `query`: the name itself, then names that begin
 * with it, then others, each in the order of use.
 *
 * @param {string} query
 * @param {number} limit
 * @returns {NamedEmoji[]}
 */
export function findEmoji(query, limit) {
  const wanted = query.toLowerCase();
  /** @param {string} name */
  const rankOfName = (name) => rankOf(name, wanted);
  const found = entries().flatMap(([emoji, names]) =>
    byRank(names, rankOfName).slice(0, 1).map((name) => ({ emoji, name }))
  );
  return byRank(found, ({ name }) => rankOfName(name)).slice(0, limit);
}

/**
 * The emoji of a name, which is written without colons.
 *
 * @param {string} name
 * @returns {string | undefined}
 */
export function emojiOf(name) {
  byName ??= new Map(entries().flatMap(([emoji, names]) => names.map((name) => [name, emoji])));
  return byName.get(name);
}

/**
 * The first name of an emoji, or "".
 *
 * @param {string} emoji with or without the selectors of its look
 * @returns {string}
 */
export function nameOf(emoji) {
  const plain = emoji.replace(/\ufe0f/g, "");
  return entries().find(([other]) => other.replace(/\ufe0f/g, "") === plain)?.[1][0] ?? "";
}

function entries() {
  parsed ??= [...namedEmoji(), ...flags()];
  return parsed;
}

/** @returns {(readonly [string, string[]])[]} */
function namedEmoji() {
  return linesOf(TABLE).map((words) => [words.at(-1) ?? "", words.slice(0, -1)]);
}

/** @returns {(readonly [string, string[]])[]} */
function flags() {
  return linesOf(FLAGS).map(([code = "", ...others]) => {
    const letters = [...code].map((letter) => REGIONAL_A + letter.charCodeAt(0) - 97);
    const short = SHORT_FLAGS.test(code) ? [code] : [];
    return [String.fromCodePoint(...letters), [`flag-${code}`, ...short, ...others]];
  });
}

/** @param {string} table */
function linesOf(table) {
  return table.trim().split(/[,\n]/u).map((entry) => entry.split(" "));
}
