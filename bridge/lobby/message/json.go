package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// ErrUnknown: a message whose type the library does not know.
var ErrUnknown = errors.New("unknown message type")

// Each message's "t" is its type's name, with a small first letter.
var (
	names = map[reflect.Type]string{}
	types = map[string]reflect.Type{}
)

func init() {
	for _, m := range []ToPage{
		Hello{}, Settings{}, Sources{}, Servers{}, ServerChanged{}, WaitingGames{}, Session{}, Users{},
		UserChanged{}, UserGone{}, Games{}, GameChanged{}, GameGone{}, Chat{}, Room{}, Play{}, Sampled{}, Records{},
		Host{}, FoundGames{}, Done{}, Ended{},
	} {
		t := reflect.TypeOf(m)
		names[t] = typeName(t)
	}
	for _, m := range []FromPage{
		SetSettings{}, Refresh{}, Connect{}, Cancel{}, Disconnect{}, Favour{}, Forget{}, Say{}, Ignore{}, SetAway{},
		FindGames{}, Create{}, Join{}, Leave{}, Start{}, Kick{}, MoreInfos{}, Drop{}, ComeBack{}, ListRecords{},
		DeleteRecord{}, PlayRecord{}, Playback{}, StartHost{}, StopHost{}, Back{},
	} {
		t := reflect.TypeOf(m)
		types[typeName(t)] = t
	}
}

func typeName(t reflect.Type) string {
	name := []byte(t.Name())
	name[0] |= 0x20
	return string(name)
}

// Encode returns a message as JSON.
func Encode(m ToPage) ([]byte, error) {
	name, ok := names[reflect.TypeOf(m)]
	if !ok {
		return nil, fmt.Errorf("%w: %T", ErrUnknown, m)
	}
	v := reflect.New(reflect.TypeOf(m)).Elem()
	v.Set(reflect.ValueOf(m))
	fillLists(v)
	body, err := json.Marshal(v.Interface())
	if err != nil {
		return nil, err
	}
	head := `{"t":"` + name + `"`
	if len(body) > 2 {
		head += ","
	}
	return append([]byte(head), body[1:]...), nil
}

// Parse reads a message of the page. re is its ID, 0 for none.
func Parse(b []byte) (m FromPage, re int, err error) {
	var head struct {
		T  string `json:"t"`
		ID int    `json:"id"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, 0, fmt.Errorf("a message of the page is no JSON object with a type: %w", err)
	}
	t, ok := types[head.T]
	if !ok {
		return nil, head.ID, fmt.Errorf("%w: %q", ErrUnknown, head.T)
	}
	v := reflect.New(t)
	if err := json.Unmarshal(b, v.Interface()); err != nil {
		return nil, head.ID, fmt.Errorf("a message %q of the page cannot be read: %w", head.T, err)
	}
	return v.Elem().Interface().(FromPage), head.ID, nil
}

// fillLists makes nil lists empty ones, which are [] in JSON and not null. Lists
// that are there already are the sender's and stay as they are, but for
// elements that hold lists. encoding/json cannot do it; its second version does so by itself, but is an experiment yet.
func fillLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillLists(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
			return
		}
		if v.Type().Elem().Kind() != reflect.Struct {
			return
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		v.Set(list)
		for i := range list.Len() {
			fillLists(list.Index(i))
		}
	}
}
