import Tensors
import Testing

@Suite("Processor") struct ProcessorModelTests {
  @Test("has the name of the first processor, with family and model where they are known") func name() {
    let text = """
      processor\t: 0
      vendor_id\t: AuthenticAMD
      cpu family\t: 25
      model\t\t: 17
      model name\t: AMD EPYC 9654
      processor\t: 1
      model name\t: another
      """
    #expect(ProcessorModel.name(in: text) == "AMD EPYC 9654, family 25, model 17")
    #expect(ProcessorModel.name(in: "model name\t: A: B\n") == "A: B")
    #expect(
      ProcessorModel.name(in: "processor\t: 0\nmodel\t: 17") == nil && ProcessorModel.name(in: "") == nil)
  }
}
