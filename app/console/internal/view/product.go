package view

// Product is the page of a product: a form of all that it says, and its pictures.
type Product struct {
	Title, Address string
	// InShop is its page for shoppers; "": there is none yet.
	InShop        string
	Done, Problem string
	// Saved is what another person saved while the form was filled in.
	Saved string
	// Version is of the product that the form was filled from.
	Version  string
	About    []Field
	Variants [][]Field
	Pictures []Picture
	// AddPictures names pictures that the product is to have besides.
	AddPictures Field
	// MayUpload: pictures can be added; Undo: the last change can be taken back.
	MayUpload, Undo bool
}

// Picture is a picture of a product, by its name, with its part of the form.
type Picture struct {
	Name, Address string
	Fields        []Field
}
