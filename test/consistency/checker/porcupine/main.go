// Judges the histories of histories.ts by porcupine (github.com/anishathalye/porcupine v1.3.1) and prints a digit for each:
// 1, it is linearizable. verdicts.txt holds what it printed:
//
//	node --import ./tools/register.mjs test/consistency/checker/porcupine/histories.ts | go run main.go > verdicts.txt
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/anishathalye/porcupine"
)

type register struct {
	Op       string
	Value    int
	Expected int
	Out      int
}

type operation struct {
	Call   int64
	Return int64
	Input  register
}

func step(state, input, _ interface{}) (bool, interface{}) {
	value, do := state.(int), input.(register)
	switch do.Op {
	case "read":
		return do.Out == value, value
	case "write":
		return true, do.Value
	}
	done := value == do.Expected
	if done != (do.Out == 1) {
		return false, value
	}
	if done {
		return true, do.Value
	}
	return true, value
}

func main() {
	var histories [][]operation
	if err := json.NewDecoder(os.Stdin).Decode(&histories); err != nil {
		panic(err)
	}
	model := porcupine.Model{Init: func() interface{} { return 0 }, Step: step}
	for _, history := range histories {
		var operations []porcupine.Operation
		for n, one := range history {
			operations = append(operations, porcupine.Operation{ClientId: n, Input: one.Input, Call: one.Call, Return: one.Return})
		}
		if porcupine.CheckOperations(model, operations) {
			fmt.Print("1")
		} else {
			fmt.Print("0")
		}
	}
}
