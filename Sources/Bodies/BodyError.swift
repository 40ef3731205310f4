/// What is wrong with the file of a body model, and what to do about it.
public struct BodyError: Error, Equatable, CustomStringConvertible {
  /// The file that was read.
  public let file: String
  /// The array at fault.
  public let array: String
  /// What is wrong.
  public let problem: String
  /// What helps.
  public let advice: String

  /// An error of one array in a file.
  public init(file: String, array: String, problem: String, advice: String) {
    self.file = file
    self.array = array
    self.problem = problem
    self.advice = advice
  }

  /// File, array, what is wrong and what to do, in one line.
  public var description: String { "\(file): \(array) \(problem); \(advice)" }
}
