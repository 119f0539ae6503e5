package demo

// The words of generated catalogues. A noun belongs to one department only:
// names are unique because of it.

var series = []string{
	"Alder", "Anker", "Bellis", "Birk", "Calla", "Corvo", "Dune", "Elba", "Fjell", "Garda", "Halden", "Iris",
	"Juno", "Kestrel", "Lido", "Maren", "Nido", "Oriel", "Pavo", "Quill", "Rialto", "Selva", "Tarn", "Umbra",
	"Vesper", "Wharf", "Yarrow", "Zephyr", "Brera", "Sorrel", "Hollin", "Mistral",
}

var colours = []string{
	"Ivory", "Charcoal", "Terracotta", "Sage", "Mustard", "Navy", "Blush", "Moss",
	"Rust", "Slate", "Plum", "Sand", "Teal", "Ochre", "Chalk", "Burgundy",
}

var occasions = []string{"gift", "new", "bestseller", "handmade", "everyday", "small batch", "wedding list", "clearance"}

var openings = []string{
	"The {series} {noun} is made from {material} and finished in {colour}, with nothing added that you would have to dust.",
	"Well made in {material} and meant for daily use: the {noun} of our {series} range, shown here in {colour}.",
	"We looked for the right {noun} for two years and then had the {series} made, in {material} and a good {colour}.",
	"{series} began on a designer's own table; this is the {noun} of the family, in {material} and {colour}.",
	"Honest {material}, a calm {colour} and proportions that were argued over: the {series} {noun}.",
	"The {noun} from the {series} family, in {material} that feels better than it photographs and a {colour} that lasts.",
}

var details = []string{
	"Made in a family workshop that has done little else since 1964.",
	"Every piece is checked by hand, so small differences are part of it.",
	"It is repairable, and we keep the spare parts for ten years.",
	"The {material} comes from a supplier we have visited.",
	"It arrives in plain cardboard, without any plastic at all.",
	"Wipe it with a soft damp cloth and let it dry in the air.",
	"The {colour} is mixed for this range and matches its other pieces.",
	"Our customers tell us that they come back for a second one.",
	"It pairs well with the rest of the {series} range, or with none of it.",
	"Delivered ready to use, with a short note on how to look after it.",
}

var departments = []department{
	{"lighting", "LGT", 6, []noun{{"Floor Lamp", 189}, {"Table Lamp", 79}, {"Pendant Light", 129}, {"Wall Sconce", 89}, {"Reading Light", 59}, {"Night Light", 24}, {"Ceiling Rose", 39}, {"Lampshade", 45}},
		[]string{"Brass", "Opal Glass", "Oak", "Ceramic", "Paper", "Steel", "Linen", "Rattan"},
		[]string{"It gives a warm light that flatters a room and everybody in it.", "The flex is long enough to put it where you need it and not where the socket is.", "It takes an ordinary bulb, and dims down to the glow of a candle."}},
	{"kitchen", "KIT", 9, []noun{{"Saucepan", 69}, {"Frying Pan", 59}, {"Mixing Bowl", 24}, {"Chopping Board", 36}, {"Paring Knife", 28}, {"Colander", 29}, {"Kettle", 64}, {"Salt Pig", 22}, {"Grater", 19}},
		[]string{"Copper", "Cast Iron", "Stainless", "Beech", "Stoneware", "Enamel", "Walnut", "Olive Wood"},
		[]string{"It does not mind being used three times a day, or lent to the neighbours.", "The grip stays cool and the balance is right from the first meal.", "It cleans up with hot water and a minute of attention."}},
	{"tableware", "TAB", 6, []noun{{"Dinner Plate", 18}, {"Soup Bowl", 16}, {"Carafe", 34}, {"Tumbler", 12}, {"Serving Dish", 42}, {"Butter Dish", 27}, {"Espresso Cup", 11}, {"Cake Stand", 48}},
		[]string{"Porcelain", "Stoneware", "Glass", "Earthenware", "Enamel", "Marble", "Acacia"},
		[]string{"It stacks neatly, survives the dishwasher and looks like neither.", "Food looks better on it, which is the whole of its job.", "Mix it with what you own already and lay the table without counting."}},
	{"stationery", "STN", 5, []noun{{"Notebook", 16}, {"Sketchbook", 22}, {"Ballpoint", 14}, {"Pencil Case", 19}, {"Bookmark", 6}, {"Card Box", 24}, {"Wall Planner", 17}, {"Letter Opener", 21}},
		[]string{"Linen", "Kraft", "Leather", "Brass", "Cork", "Felt", "Cotton Rag"},
		[]string{"It takes ink without bleeding and lies flat when you ask it to.", "Keep it on the desk, where it reminds you to write to somebody.", "It fits a coat pocket and forgives being sat on."}},
	{"bags", "BAG", 6, []noun{{"Backpack", 119}, {"Tote", 39}, {"Weekend Bag", 169}, {"Satchel", 159}, {"Wash Bag", 35}, {"Belt Bag", 49}, {"Wallet", 45}, {"Laptop Sleeve", 42}},
		[]string{"Leather", "Waxed Canvas", "Cotton", "Nylon", "Cordura", "Felt", "Recycled Sailcloth"},
		[]string{"There is a pocket for everything and one more that you will find in a month.", "The straps are sewn twice where straps tend to give.", "It grows handsomer with every journey and every scratch."}},
	{"garden", "GAR", 5, []noun{{"Planter", 38}, {"Watering Can", 44}, {"Hand Fork", 19}, {"Pruning Saw", 36}, {"Bird Feeder", 28}, {"Garden Stool", 74}, {"Kneeling Pad", 22}, {"Seed Box", 26}},
		[]string{"Galvanised", "Glazed Clay", "Ash", "Teak", "Zinc", "Willow", "Fibre Clay"},
		[]string{"It may stay outside all winter and only looks more at home for it.", "Made for gardens, balconies and the window sill in between.", "It does its work quietly, which is what gardens are for."}},
	{"audio", "AUD", 4, []noun{{"Headphone Set", 159}, {"Bookshelf Speaker", 249}, {"Portable Speaker", 89}, {"Clock Radio", 79}, {"Record Stand", 64}, {"Turntable Mat", 29}, {"Earphone Set", 69}},
		[]string{"Walnut", "Aluminium", "Bamboo", "Cork", "Felt", "Oak", "Recycled Plastic"},
		[]string{"The sound is clear at low volume, where most music is heard.", "Set it down, plug it in and forget that it is there.", "It makes old recordings sound like somebody opened a window."}},
	{"games", "GAM", 5, []noun{{"Puzzle", 24}, {"Stacking Tower", 29}, {"Chess Board", 69}, {"Card Game", 15}, {"Pull-Along Dog", 27}, {"Domino Set", 26}, {"Marble Run", 58}, {"Yo-Yo", 9}},
		[]string{"Beech", "Maple", "Lime Wood", "Card", "Birch", "Cherry", "Rubberwood"},
		[]string{"Easy to learn in five minutes and hard to put away before bedtime.", "The edges are rounded and the paint is safe to chew.", "It is the sort of toy that is kept for the next child."}},
	{"textiles", "TEX", 7, []noun{{"Throw", 89}, {"Cushion", 39}, {"Tablecloth", 62}, {"Tea Towel", 14}, {"Bath Towel", 29}, {"Apron", 36}, {"Blanket", 99}, {"Napkin Set", 28}},
		[]string{"Linen", "Merino", "Cotton", "Velvet", "Lambswool", "Hemp", "Alpaca", "Waffle"},
		[]string{"It washes at forty degrees and gets softer each time.", "Woven on slow looms, with an edge that will not unravel.", "It brings colour to a room without asking for attention."}},
	{"furniture", "FUR", 4, []noun{{"Side Table", 189}, {"Bench", 239}, {"Bookcase", 349}, {"Stool", 119}, {"Armchair", 549}, {"Coat Stand", 149}, {"Writing Desk", 429}, {"Shelf", 79}},
		[]string{"Oak", "Ash", "Walnut", "Pine", "Steel", "Rattan", "Birch Ply"},
		[]string{"It goes together in ten minutes and comes apart as easily when you move.", "The joints are glued and pegged, and do not creak.", "It is light enough to carry to another room on a whim."}},
	{"storage", "STO", 4, []noun{{"Basket", 34}, {"Crate", 29}, {"Lidded Box", 24}, {"Laundry Hamper", 69}, {"Wall Hook", 12}, {"Storage Jar", 15}, {"Magazine Rack", 46}},
		[]string{"Seagrass", "Willow", "Felt", "Pine", "Steel", "Glass", "Cotton Rope"},
		[]string{"It hides what needs hiding and holds more than it seems to.", "It stacks with its siblings and still looks well alone.", "It makes tidying up take about a minute."}},
	{"bath", "BTH", 5, []noun{{"Soap Dish", 16}, {"Bath Mat", 36}, {"Toothbrush Cup", 13}, {"Bath Rack", 54}, {"Shower Curtain", 44}, {"Body Brush", 19}, {"Mirror Stand", 59}},
		[]string{"Ceramic", "Bamboo", "Terrazzo", "Cotton", "Teak", "Stoneware", "Brass"},
		[]string{"It dries quickly and does not mind steam.", "It makes a small bathroom feel considered.", "It stands firmly on a wet edge, as such things should."}},
	{"fragrance", "FRA", 4, []noun{{"Scented Candle", 34}, {"Room Diffuser", 42}, {"Incense Holder", 22}, {"Linen Spray", 18}, {"Wax Melt", 9}, {"Oil Burner", 31}},
		[]string{"Soy Wax", "Beeswax", "Amber Glass", "Ceramic", "Cedar", "Soapstone"},
		[]string{"The scent is there when you come in and gone before you tire of it.", "Light it an hour before guests arrive and open a window once.", "It was blended in small batches without anything synthetic."}},
	{"jewellery", "JWL", 4, []noun{{"Ring", 69}, {"Pendant Necklace", 84}, {"Earring Pair", 49}, {"Bangle", 58}, {"Brooch", 39}, {"Anklet", 29}, {"Hair Clip", 19}},
		[]string{"Silver", "Brass", "Enamel", "Freshwater Pearl", "Horn", "Gold Vermeil", "Ceramic"},
		[]string{"It is light enough to forget and distinct enough to be remarked on.", "Wear it alone or with its siblings, on weekdays too.", "It comes in a small cloth pouch, ready to be given."}},
	{"office", "OFF", 4, []noun{{"Desk Tray", 34}, {"Pen Pot", 17}, {"Monitor Stand", 68}, {"Desk Mat", 45}, {"Bookend", 29}, {"Cable Tidy", 12}, {"Paperweight", 26}},
		[]string{"Oak", "Cork", "Leather", "Steel", "Felt", "Marble", "Walnut"},
		[]string{"It gives the loose things on a desk somewhere to be.", "It stays where you put it and does not mark the wood.", "It turns a table into a place to work, and back again at six."}},
	{"outdoor", "OUT", 5, []noun{{"Camp Mug", 18}, {"Hammock", 79}, {"Picnic Rug", 54}, {"Flask", 32}, {"Head Torch", 39}, {"Camp Stove", 74}, {"Dry Bag", 24}, {"Folding Chair", 89}},
		[]string{"Enamel", "Titanium", "Ripstop", "Steel", "Wool", "Aluminium", "Canvas"},
		[]string{"It packs small, weighs little and has been rained on in testing.", "It is made for long walks and for the bench at the end of them.", "It keeps working when wet, cold or dropped, which is to say always."}},
	{"cycling", "CYC", 3, []noun{{"Pannier", 94}, {"Bicycle Bell", 19}, {"Saddle", 99}, {"Bar Tape", 24}, {"Frame Pump", 44}, {"Handlebar Basket", 52}, {"Cycling Cap", 22}},
		[]string{"Leather", "Brass", "Cork", "Cotton", "Waxed Canvas", "Aluminium", "Wicker"},
		[]string{"It fits every common bicycle and needs one tool to attach.", "It takes the morning commute and the long way home alike.", "It is quiet on cobbles, which cannot be said of everything."}},
	{"nursery", "NUR", 4, []noun{{"Mobile", 36}, {"Swaddle", 24}, {"Rattle", 14}, {"Height Chart", 29}, {"Play Mat", 79}, {"Comforter", 22}, {"Changing Basket", 89}},
		[]string{"Muslin", "Cotton", "Beech", "Wool Felt", "Seagrass", "Bamboo", "Organic Terry"},
		[]string{"It is gentle on new skin and easy on tired parents.", "It goes through the wash as often as life with a baby asks.", "It is handed down more often than it is thrown away."}},
	{"pets", "PET", 4, []noun{{"Dog Bed", 89}, {"Cat Cave", 64}, {"Lead", 32}, {"Collar", 24}, {"Feeding Bowl", 21}, {"Scratching Post", 59}, {"Treat Tin", 16}},
		[]string{"Felt", "Corduroy", "Leather", "Stoneware", "Enamel", "Sisal", "Cotton Rope"},
		[]string{"It was tested by a committee of animals that do not take bribes.", "The cover comes off for washing, hair and all.", "It looks right in the living room, where it will end up anyway."}},
	{"pantry", "PAN", 6, []noun{{"Tea Caddy", 24}, {"Coffee Dripper", 29}, {"Honey Pot", 18}, {"Spice Rack", 49}, {"Oil Bottle", 22}, {"Bread Bin", 58}, {"Biscuit Tin", 17}, {"Egg Basket", 26}},
		[]string{"Tin", "Glass", "Stoneware", "Bamboo", "Enamel", "Beech", "Cork"},
		[]string{"It keeps what is in it fresh and what is outside it out.", "It is the first thing the hand reaches for in the morning.", "It deserves to be left standing out on the counter."}},
}
