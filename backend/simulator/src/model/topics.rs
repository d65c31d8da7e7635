//! What the receptionist can talk about, in English and in Hinglish. The first topic with a fitting word wins.

/// Words that call for an answer, and the answer in English and in Hinglish.
pub(crate) struct Topic {
    pub(crate) words: &'static [&'static str],
    pub(crate) english: &'static str,
    pub(crate) hinglish: &'static str,
}

const fn topic(words: &'static [&'static str], english: &'static str, hinglish: &'static str) -> Topic {
    Topic {
        words,
        english,
        hinglish,
    }
}

pub(crate) const TOPICS: &[Topic] = &[
    topic(
        &["supervisor", "parking"],
        "Let me check that for you. [[request_user:Is parking included?]]",
        "एक minute, मैं अभी check करती हूँ। [[request_user:Is parking included?]]",
    ),
    topic(
        &[
            "talk to a person",
            "speak to a person",
            "a person",
            "billing",
            "human",
            "representative",
        ],
        "Of course, I will connect you with billing now. [[transfer:billing]]",
        "ज़रूर, मैं आपको billing team से connect कर रही हूँ। [[transfer:billing]]",
    ),
    topic(
        &["press one", "press 1"],
        "Pressing one for you now. [[press:1]]",
        "ठीक है, मैं one press कर रही हूँ। [[press:1]]",
    ),
    topic(
        &[
            "goodbye",
            "good bye",
            "bye",
            "that is all",
            "that's all",
            "hang up",
            "अलविदा",
        ],
        "Thank you for calling. Have a lovely day, goodbye. [[end_call]]",
        "Call करने के लिए धन्यवाद। आपका दिन शुभ हो, अलविदा। [[end_call]]",
    ),
    topic(
        &["front desk"],
        "Yes, this is the front desk. What can I do for you today?",
        "जी हाँ, यह front desk है। मैं आपकी क्या मदद कर सकती हूँ?",
    ),
    topic(
        &["repeat the time"],
        "Of course. Saturday evening at seven, a table for four.",
        "ज़रूर। Saturday शाम सात बजे, चार लोगों की table।",
    ),
    topic(
        &["table", "reservation"],
        "A table for four on Saturday at seven, let me see. Yes, that works, and I have put you down. \
         Is there anything the kitchen should know?",
        "Saturday सात बजे चार लोगों की table, देखती हूँ। जी हाँ, हो जाएगा, मैंने नाम लिख लिया है। \
         क्या kitchen को कुछ बताना है?",
    ),
    topic(
        &["vegetarian", "vegan", "allergic", "allergy"],
        "That is no problem at all. A good half of our menu is vegetarian, and I have made a note for the kitchen.",
        "बिल्कुल कोई problem नहीं। हमारा आधा menu vegetarian है, और मैंने kitchen के लिए note कर लिया है।",
    ),
    topic(
        &["dog", "pet"],
        "Small dogs are very welcome, as long as they stay beside the table. We will have a bowl of water ready.",
        "छोटे dogs का स्वागत है, बस table के पास रहें। हम पानी का bowl तैयार रखेंगे।",
    ),
    topic(
        &["window", "quiet corner"],
        "There is a quiet table by the window at the back. I have noted your wish, and I think it can be done.",
        "पीछे window के पास एक शांत table है। मैंने note कर लिया है, उम्मीद है हो जाएगा।",
    ),
    topic(
        &["where is my order", "order"],
        "I can help with your order. It left our warehouse yesterday and should reach you tomorrow before noon. \
         Would you like a text message when it is close?",
        "जी, आपका order कल हमारे warehouse से निकल चुका है और कल दोपहर तक पहुँच जाएगा। \
         क्या मैं आपको message भेज दूँ?",
    ),
    topic(
        &["open", "opening", "hours", "close", "timing"],
        "We are open from nine in the morning until six in the evening, Monday to Saturday. On Sunday we are closed.",
        "हम Monday से Saturday सुबह नौ बजे से शाम छह बजे तक खुले रहते हैं। Sunday को बंद है।",
    ),
    topic(
        &["price", "cost", "how much", "kitna", "कितना"],
        "Our standard plan is twenty nine dollars a month, and the first two weeks are free. \
         Shall I tell you what it includes?",
        "हमारा standard plan महीने का दो हज़ार रुपये है, और पहले दो हफ़्ते free हैं। क्या मैं details बताऊँ?",
    ),
    topic(
        &["appointment", "book", "schedule", "reschedule"],
        "I can book that for you. I have Tuesday at ten or Thursday at three. Which one suits you better?",
        "मैं आपका appointment book कर सकती हूँ। Tuesday दस बजे या Thursday तीन बजे, कौन सा ठीक रहेगा?",
    ),
    topic(
        &["tuesday", "thursday", "monday", "friday"],
        "Very good, that is noted. You will get a confirmation shortly. Is there anything else I can do for you?",
        "बहुत बढ़िया, note कर लिया। आपको confirmation मिल जाएगा। और कुछ मदद कर सकती हूँ?",
    ),
    topic(
        &["repeat", "say that again", "pardon"],
        "Of course. I said that I am happy to help you with orders, opening hours, prices and appointments.",
        "ज़रूर। मैं orders, timing, prices और appointments में आपकी मदद कर सकती हूँ।",
    ),
    topic(
        &["who are you", "your name", "robot", "are you real"],
        "I am the digital assistant here, and I can help with orders, opening hours, prices and appointments.",
        "मैं यहाँ की digital assistant हूँ। Orders, timing, prices और appointments में मदद करती हूँ।",
    ),
    topic(
        &["tell me a story", "long answer", "tell me everything"],
        "Gladly. We began as a small shop on a quiet street. The first customers came for bread, and stayed for the \
         talk. After ten years we opened a second shop, and then a third. Today we deliver to the whole city, every \
         day, and we still know most of our customers by name. That is what makes us proud.",
        "ज़रूर। हमने एक छोटी सी दुकान से शुरुआत की थी। पहले customers bread के लिए आते थे, फिर बातों के लिए। \
         दस साल बाद दूसरी दुकान खुली, फिर तीसरी। आज हम पूरे शहर में delivery करते हैं।",
    ),
    topic(
        &["thank"],
        "You are very welcome. Is there anything else I can do for you?",
        "आपका स्वागत है। और कुछ मदद कर सकती हूँ?",
    ),
    topic(
        &[
            "hello",
            "hi",
            "hey",
            "namaste",
            "नमस्ते",
            "good morning",
            "good afternoon",
        ],
        "Hello, good to hear from you. What can I do for you today?",
        "नमस्ते, आपसे बात करके अच्छा लगा। मैं आपकी क्या मदद कर सकती हूँ?",
    ),
];
